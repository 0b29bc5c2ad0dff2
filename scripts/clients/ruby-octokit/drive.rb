# Drives the authorizations API and GitHub Enterprise Server's user administration
# as Debian's ruby-octokit has them: Octokit::Client and
# Octokit::EnterpriseAdminClient, unmodified.
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

# --- authorizations, and an app's questions ---------------------------------------------

APP = { client_id: ENV.fetch('CLIENT_ID'), client_secret: ENV.fetch('CLIENT_SECRET') }.freeze
user = client(Octokit::Client, login: ENV.fetch('USER_LOGIN'), password: ENV.fetch('USER_PASSWORD'))
app = client(Octokit::Client, APP)
made = nil

step('create_authorization') do
  made = user.create_authorization(scopes: %w[repo gist], note: "octokit.rb #{RUN}")
  equal(user_of(made.token), ENV.fetch('USER_LOGIN'))
  error = refused(Octokit::UnprocessableEntity) { user.create_authorization(note: "octokit.rb #{RUN}") }
  equal(error.errors.first[:code], 'already_exists')
  '201, and its token works; 422 for a taken note'
end

step('authorization, authorizations') do
  equal([user.authorization(made.id).token, user.authorization(made.id).note], ['', "octokit.rb #{RUN}"])
  equal(user.authorizations(per_page: 100).map(&:id).include?(made.id), true)
  refused(Octokit::NotFound) { user.authorization(2**40) }
  '200 without the token, 404'
end

step('update_authorization') do
  equal(user.update_authorization(made.id, add_scopes: ['user']).scopes, %w[repo gist user])
  equal(user.update_authorization(made.id, remove_scopes: ['gist']).scopes, %w[repo user])
  '200: a scope added, another removed'
end

step('scopes') do
  equal(user.scopes(made.token), %w[repo user])
  'X-OAuth-Scopes of the token'
end

step('delete_authorization') do
  equal([user.delete_authorization(made.id), user.delete_authorization(made.id)], [true, false])
  refused(Octokit::Unauthorized) { user_of(made.token) }
  '204, then 404, and the token is dead'
end

step('create_authorization, idempotent') do
  wanted = APP.merge(idempotent: true, scopes: ['gist'])
  fingerprint = "ruby-#{RUN}"
  one = user.create_authorization(wanted.merge(fingerprint: fingerprint))
  again = user.create_authorization(wanted.merge(fingerprint: fingerprint))
  equal([again.id, again.token, again.fingerprint], [one.id, '', fingerprint])
  made = one
  '201, then 200 without the token'
end

step('check_application_authorization') do
  checked = app.check_application_authorization(made.token)
  equal([checked.id, checked.token, checked.user.login], [made.id, made.token, ENV.fetch('USER_LOGIN')])
  refused(Octokit::NotFound) { app.check_application_authorization('0' * 40) }
  '200 with token and user, 404'
end

step('reset_application_authorization') do
  reset = app.reset_application_authorization(made.token)
  equal([reset.id, reset.token == made.token], [made.id, false])
  refused(Octokit::NotFound) { app.check_application_authorization(made.token) }
  made = reset
  '200, and the old one is dead'
end

step('revoke_application_authorization') do
  equal(app.revoke_application_authorization(made.token), true)
  equal(app.revoke_application_authorization(made.token), false)
  '204, then 404'
end

step('delete_app_authorization') do
  one = user.create_authorization(APP.merge(idempotent: true, scopes: ['gist'], fingerprint: "other-#{RUN}"))
  equal(app.delete_app_authorization(one.token), true)
  refused(Octokit::Unauthorized) { user_of(one.token) }
  '204, and its token is dead'
end

step('authorizations, one-time password') do
  guarded = client(Octokit::Client, login: ENV.fetch('OTP_LOGIN'), password: ENV.fetch('OTP_PASSWORD'))
  error = refused(Octokit::OneTimePasswordRequired) { guarded.authorizations }
  equal(error.password_delivery, 'app')
  guarded.authorizations(headers: { 'X-GitHub-OTP' => ENV.fetch('OTP_CODE') })
  'OneTimePasswordRequired without, 200 with'
end

exit 1 if $failures.positive?
