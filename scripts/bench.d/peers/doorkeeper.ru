# Doorkeeper as its README sets it up, in a Rails application of one file, with a SQLite file.
# Run by puma; PEER_FOLDER says where the file is. MAKE=yes makes the tables, an app and a token,
# and says `CLIENT_ID CLIENT_SECRET TOKEN`.

require "logger"
require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "doorkeeper"

ENV["RAILS_ENV"] = "production"
ENV["DATABASE_URL"] = "sqlite3:#{ENV.fetch('PEER_FOLDER')}/doorkeeper.sqlite?pool=16&timeout=5000"

class Peer < Rails::Application
  config.root = ENV.fetch("PEER_FOLDER")
  config.eager_load = true
  config.secret_key_base = "for the benchmark on the loopback"
  config.logger = Logger.new(nil)
  config.hosts.clear
  config.consider_all_requests_local = false
end

Doorkeeper.configure do
  orm :active_record
  resource_owner_authenticator { nil }
  grant_flows %w[client_credentials]
  default_scopes :repo
end

Peer.initialize!
Peer.routes.draw { use_doorkeeper }

if ENV["MAKE"]
  ActiveRecord::Schema.verbose = false
  ActiveRecord::Schema.define do
    create_table :oauth_applications do |t|
      t.string :name, null: false
      t.string :uid, null: false, index: { unique: true }
      t.string :secret, null: false
      t.text :redirect_uri
      t.string :scopes, null: false, default: ""
      t.boolean :confidential, null: false, default: true
      t.timestamps null: false
    end
    create_table :oauth_access_grants do |t|
      t.references :resource_owner, null: false
      t.references :application, null: false
      t.string :token, null: false, index: { unique: true }
      t.integer :expires_in, null: false
      t.text :redirect_uri, null: false
      t.datetime :created_at, null: false
      t.datetime :revoked_at
      t.string :scopes, null: false, default: ""
    end
    create_table :oauth_access_tokens do |t|
      t.references :resource_owner, index: true
      t.references :application
      t.string :token, null: false, index: { unique: true }
      t.string :refresh_token, index: { unique: true }
      t.integer :expires_in
      t.datetime :revoked_at
      t.datetime :created_at, null: false
      t.string :scopes
      t.string :previous_refresh_token, null: false, default: ""
    end
  end
  app = Doorkeeper::Application.create!(name: "bench", redirect_uri: "https://app.example.com/callback", scopes: "repo")
  token = Doorkeeper::AccessToken.create!(application_id: app.id, scopes: "repo", expires_in: 86_400)
  puts [app.uid, app.secret, token.token].join(" ")
  exit
end

run Peer
