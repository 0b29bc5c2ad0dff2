# Drives GitHub Enterprise Server's user administration as Debian's ruby-octokit
# has it: Octokit::EnterpriseAdminClient, unmodified.
#
# What it needs stands in the environment: see ../lib.sh.

require 'octokit'
require 'securerandom'

API_URL = ENV.fetch('API_URL')
RUN = SecureRandom.hex(4)
LOGIN = "ruby-#{RUN}"
NEW_LOGIN = "renamed-#{RUN}"

$failures = 0

# Runs the block at once and prints how it went.
def step(name)
  puts "ok - #{name}: #{yield}"
rescue StandardError => e
  $failures += 1
  puts "not ok - #{name}: #{e.class} #{e.message}".tr("\n", ' ')
end

def equal(have, want)
  raise "#{have.inspect} is not #{want.inspect}" unless have == want
end

# The refusal that a call must end in.
def refused(kind)
  yield
rescue kind => e
  e
else
  raise "expected #{kind}, but it went through"
end

def client(kind, credentials)
  kind.new(credentials.merge(api_endpoint: API_URL))
end

def user_of(token)
  client(Octokit::Client, access_token: token).user.login
end

password = { login: ENV.fetch('ADMIN_LOGIN'), password: ENV.fetch('ADMIN_PASSWORD') }
scoped = client(Octokit::Client, password).create_authorization(scopes: ['site_admin'], note: "admin #{RUN}")
token = { access_token: scoped.token }

[['by password', password], ['by token', token]].each do |how, credentials|
  admin = client(Octokit::EnterpriseAdminClient, credentials)

  step("create_user #{how}") do
    made = admin.create_user(LOGIN, "#{LOGIN}@example.com")
    equal([made.login, made.type, made.site_admin], [LOGIN, 'User', false])
    equal(admin.last_response.headers['location'], made.url)
    refused(Octokit::UnprocessableEntity) { admin.create_user(LOGIN, "other-#{RUN}@example.com") }
    '201, then 422'
  end

  step("promote, demote #{how}") do
    equal(admin.promote(LOGIN), true)
    equal(admin.demote(LOGIN), true)
    '204, 204'
  end

  step("create_impersonation_token, suspend, unsuspend #{how}") do
    made = admin.create_impersonation_token(LOGIN, scopes: %w[repo gist])
    equal(made.app.name, 'GitHub Site Administrator')
    equal(made.scopes, %w[repo gist])
    equal(user_of(made.token), LOGIN)
    equal(admin.suspend(LOGIN), true)
    refused(Octokit::AccountSuspended) { user_of(made.token) }
    equal(admin.unsuspend(LOGIN), true)
    equal(user_of(made.token), LOGIN)
    '201, 204, 403 AccountSuspended, 204, 200'
  end

  step("create_impersonation_token again, delete_impersonation_token #{how}") do
    made = admin.create_impersonation_token(LOGIN, scopes: [])
    equal(user_of(made.token), LOGIN)
    equal(admin.delete_impersonation_token(LOGIN), true)
    refused(Octokit::Unauthorized) { user_of(made.token) }
    equal(admin.delete_impersonation_token(LOGIN), false)
    'a fresh token, 204, then 404'
  end

  step("rename_user #{how}") do
    renamed = admin.rename_user(LOGIN, NEW_LOGIN)
    equal(renamed.message, 'Job queued to rename user. It may take a few minutes to complete.')
    equal(client(Octokit::Client, credentials).get(renamed.url).login, NEW_LOGIN)
    '202, and the address that it names'
  end

  step("delete_user #{how}") do
    equal(admin.delete_user(NEW_LOGIN), true)
    equal(admin.delete_user(NEW_LOGIN), false)
    '204, then 404'
  end

  step("what nobody does to themselves #{how}") do
    refused(Octokit::Forbidden) { admin.suspend(ENV.fetch('ADMIN_LOGIN')) }
    refused(Octokit::Forbidden) { admin.demote(ENV.fetch('ADMIN_LOGIN')) }
    refused(Octokit::Forbidden) { admin.delete_user(ENV.fetch('ADMIN_LOGIN')) }
    '403 three times'
  end

  step("list_all_keys, delete_key #{how}") do
    equal(admin.list_all_keys, [])
    equal(admin.delete_key(1), false)
    '200 [], 404'
  end
end

step('who is no site admin') do
  user = { login: ENV.fetch('USER_LOGIN'), password: ENV.fetch('USER_PASSWORD') }
  refused(Octokit::Forbidden) { client(Octokit::EnterpriseAdminClient, user).suspend('nobody') }
  '403'
end

step('a token without the scope') do
  plain = client(Octokit::Client, password).create_authorization(scopes: ['repo'], note: "plain #{RUN}")
  error = refused(Octokit::Forbidden) do
    client(Octokit::EnterpriseAdminClient, access_token: plain.token).suspend('nobody')
  end
  equal(error.response_headers['x-accepted-oauth-scopes'], 'site_admin')
  '403, X-Accepted-OAuth-Scopes: site_admin'
end

exit 1 if $failures.positive?
