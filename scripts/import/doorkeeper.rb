# A real Doorkeeper that hands out tokens over its own /oauth/token, and its
# tables as CSV files. In a folder:
#
#   ruby doorkeeper.rb FOLDER COUNT plain|sha256
#
# writes applications.csv, tokens.csv, owners.csv, and presented.json: every
# token in clear text with its owner's login and its scopes.
require "csv"
require "json"
require "logger"
require "sqlite3"
require "active_record/railtie"
require "action_controller/railtie"
require "doorkeeper"

FOLDER, COUNT, KEPT = ARGV[0], Integer(ARGV[1]), ARGV[2]

class Site < Rails::Application
  config.root = FOLDER
  config.eager_load = false
  config.logger = Logger.new(File.join(FOLDER, "site.log"))
  config.log_level = :warn
  config.secret_key_base = "x" * 64
  config.hosts.clear
end

class User < ActiveRecord::Base; end

Doorkeeper.configure do
  orm :active_record
  grant_flows %w[password]
  default_scopes :read
  optional_scopes :write, :admin
  access_token_expires_in nil
  skip_client_authentication_for_password_grant false
  resource_owner_authenticator { raise "nobody signs in in a browser" }
  resource_owner_from_credentials { User.find_by(login: params[:username]) }
  if KEPT == "sha256"
    hash_token_secrets
    hash_application_secrets
  end
end

ENV["DATABASE_URL"] = "sqlite3:#{File.join(FOLDER, 'site.sqlite3')}"
Site.initialize!
Site.routes.draw { use_doorkeeper }

ActiveRecord::Schema.verbose = false
ActiveRecord::Schema.define do
  create_table(:users) { |t| t.string :login, null: false }
  create_table :oauth_applications do |t|
    t.string :name, null: false
    t.string :uid, null: false
    t.string :secret, null: false
    t.text :redirect_uri
    t.string :scopes, null: false, default: ""
    t.boolean :confidential, null: false, default: true
    t.timestamps null: false
  end
  create_table :oauth_access_grants do |t|
    t.references :resource_owner, null: false
    t.references :application, null: false
    t.string :token, null: false
    t.integer :expires_in, null: false
    t.text :redirect_uri, null: false
    t.string :scopes, null: false, default: ""
    t.datetime :created_at, null: false
    t.datetime :revoked_at
  end
  create_table :oauth_access_tokens do |t|
    t.references :resource_owner
    t.references :application
    t.string :token, null: false
    t.string :refresh_token
    t.integer :expires_in
    t.string :scopes
    t.datetime :created_at, null: false
    t.datetime :revoked_at
    t.string :previous_refresh_token, null: false, default: ""
  end
end

users = %w[octocat hubot monalisa].map { |login| User.create!(login: login) }
application = Doorkeeper::Application.create!(name: "Site #{KEPT}", redirect_uri: "https://rails.example/cb")
secret = application.plaintext_secret
scopes = ["read", "read write", "admin"]

session = ActionDispatch::Integration::Session.new(Site)
presented = (0...COUNT).map do |number|
  user, scope = users[number % 3], scopes[number / 3 % 3]
  session.post "/oauth/token", params: {
    grant_type: "password", username: user.login, password: "x", scope: scope,
    client_id: application.uid, client_secret: secret
  }
  raise session.response.body unless session.response.status == 200
  { token: JSON.parse(session.response.body).fetch("access_token"), login: user.login, scopes: scope.split }
end

# One more, revoked before the export: it must not come along.
session.post "/oauth/token", params: {
  grant_type: "password", username: "octocat", password: "x", client_id: application.uid, client_secret: secret
}
gone = JSON.parse(session.response.body).fetch("access_token")
session.post "/oauth/revoke", params: { token: gone, client_id: application.uid, client_secret: secret }
raise "not revoked" unless session.response.status == 200

def export(table, file, columns = "*")
  rows = ActiveRecord::Base.connection.select_all("SELECT #{columns} FROM #{table} ORDER BY id")
  CSV.open(File.join(FOLDER, file), "w") do |csv|
    csv << rows.columns
    rows.rows.each { |row| csv << row }
  end
end

export "oauth_applications", "applications.csv"
export "oauth_access_tokens", "tokens.csv"
export "users", "owners.csv", "id AS resource_owner_id, login"
File.write(File.join(FOLDER, "presented.json"), JSON.dump(
  { tokens: presented, gone: [gone], client_id: application.uid, client_secret: secret }
))
