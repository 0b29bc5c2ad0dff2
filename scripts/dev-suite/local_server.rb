# Stands where hub's tests keep their fake of GitHub: the same class, asked the same way by the same
# steps, but behind it a `grantd dev` of its own for each scenario. What a scenario says about the
# fake's answers is not run; what it assumes of GitHub (who has which password, which token comes
# next) is in GITHUB below, and what grantd does not have (repositories, releases) is answered by
# faults on demand. Who asks for those must have the token that the fake demanded: `stop` looks.

require 'etc'
require 'json'
require 'net/http'
require 'open3'
require 'socket'
require 'tempfile'

module Hub
  class LocalServer
    # A moment in which the one-time code of this secret is 112233, as the scenarios type it.
    MOMENT = '2020-06-10T01:08:30Z'.freeze
    OTP_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'.freeze

    # As hub itself finds out who runs it.
    NOTE = "hub for #{Etc.getpwuid.name}@#{Socket.gethostname}".freeze
    REPOSITORY = { method: 'POST', path: '/user/repos', status: 201, body: {} }.freeze
    RELEASES = { method: 'GET', path: '/repos/monalisa/playground/releases', status: 200,
                 body: [{ tag_name: 'v1.2.0' }] }.freeze
    NO_USER = { method: 'GET', path: '/user', status: 403,
                body: { message: 'Resource not accessible by integration',
                        documentation_url: 'https://developer.github.com/v3/users/#get-the-authenticated-user' } }.freeze

    def self.user(login, password = 'kitty', **more)
      { login: login, password: password, **more }
    end

    def self.created(name)
      REPOSITORY.merge(body: { full_name: name })
    end

    MISLAV = { users: [user('mislav')], next: 'OTOKEN', beside: [created('mislav/dotfiles')], bearer: 'OTOKEN' }.freeze

    # Scenario => what it assumes.
    GITHUB = {
      'Ask for username & password, create authorization' =>
        MISLAV.merge(users: [user('MiSlAv')],
                     sent: { 'scopes' => %w[repo gist], 'note' => NOTE, 'note_url' => 'https://hub.github.com/' }),
      'Prompt for username & password, receive personal access token' =>
        { users: [user('llIMLLib')], tokens: ['0123456789012345678901234567890123456789'],
          beside: [created('llimllib/dotfiles')], bearer: '0123456789012345678901234567890123456789' },
      'Ask for username & password, receive password that looks like a token' =>
        MISLAV.merge(users: [user('llIMLLib', '0123456789012345678901234567890123456789')],
                     beside: [created('llimllib/dotfiles')]),
      "Rename & retry creating authorization if there's a token name collision" =>
        # A refused attempt uses a token up.
        MISLAV.merge(users: [user('MiSlAv')], notes: [NOTE, "#{NOTE} 2"], sent: { 'note' => "#{NOTE} 3" },
                     next: %w[OTOKEN] * 3),
      'Avoid getting caught up in infinite recursion while retrying token names' =>
        { users: [user('mislav')], notes: [NOTE] + (2..20).map { |number| "#{NOTE} #{number}" }, most: 9 },
      'Credentials from GITHUB_USER & GITHUB_PASSWORD' => MISLAV,
      'XDG: legacy config found, credentials from GITHUB_USER & GITHUB_PASSWORD' => MISLAV,
      'XDG: config from secondary directories' => MISLAV.merge(next: nil, tokens: ['OTOKEN']),
      'Credentials from GITHUB_TOKEN' => MISLAV.merge(next: nil, tokens: ['OTOKEN']),
      'Credentials from GITHUB_TOKEN when obtaining username fails' => { beside: [NO_USER] },
      'Credentials from GITHUB_TOKEN and GITHUB_USER' => { beside: [NO_USER, RELEASES], bearer: 'OTOKEN' },
      'Credentials from GITHUB_TOKEN and GITHUB_REPOSITORY' => { beside: [NO_USER, RELEASES], bearer: 'OTOKEN' },
      'Credentials from GITHUB_TOKEN override those from config file' =>
        { users: [user('parkr')], tokens: ['PTOKEN'], bearer: 'PTOKEN',
          beside: [{ method: 'GET', path: '/repos/parkr/dotfiles', status: 200,
                     body: { private: false, name: 'dotfiles', owner: { login: 'parkr' },
                             permissions: { push: true } } }] },
      'Wrong password' => { users: [user('mislav')] },
      'Two-factor authentication, create authorization' => MISLAV.merge(users: [user('mislav', otp_secret: OTP_SECRET)]),
      'Retry entering two-factor authentication code' => MISLAV.merge(users: [user('mislav', otp_secret: OTP_SECRET)]),
      'Special characters in username & password' =>
        MISLAV.merge(users: [user('mislav', 'my pass@phrase ok?', email: 'mislav@example.com')],
                     beside: [{ method: 'GET', path: '/repos/mislav/dotfiles', status: 200,
                                body: { full_name: 'mislav/dotfiles' } }]),
      'Enterprise fork authentication with username & password, re-using existing authorization' =>
        MISLAV.merge(beside: [{ method: 'POST', path: '/repos/evilchelu/dotfiles/forks', status: 202,
                                body: { name: 'dotfiles', owner: { login: 'mislav' } } }]),
      'GitHub SSO challenge' =>
        { beside: [{ method: 'GET', path: '/repos/acme/playground/releases', status: 403,
                     headers: { 'X-GitHub-SSO' => 'required; url=http://example.com?auth=HASH' }, body: {} }] }
    }.freeze

    class << self
      attr_accessor :scenario

      # As the fake is started; what it would have answered is in the block, which nobody runs.
      def start_sinatra
        new(GITHUB.fetch(scenario) { raise "nobody has said what GitHub is like in: #{scenario}" })
      end
    end

    attr_reader :port

    def initialize(github)
      @github = github
      seed = Tempfile.new(['github', '.toml'])
      seed.write(toml(github))
      seed.close
      command = [ENV.fetch('GRANTD_PROGRAM'), 'dev', '--json', '--until-eof', '--listen', '127.0.0.1:0',
                 '--clock', MOMENT, '--seed-file', seed.path]
      @stdin, stdout, stderr, @process = Open3.popen3(*command)
      line = stdout.gets or raise "no grantd: #{stderr.read}"
      Thread.new { stderr.each_line {} }
      @port = JSON.parse(line)['url'][/\d+\z/].to_i
      github.fetch(:beside, []).each { |answer| dev(Net::HTTP::Post, '/faults', { times: 0, **answer }) }
    end

    # After each scenario: what the fake would have refused must not have been asked.
    def stop
      entries = JSON.parse(dev(Net::HTTP::Get, '/journal'))['entries']
      entries.each { |entry| LocalServer.log(entry) }
      check(entries)
    ensure
      @stdin.close
      @process.value.success? or raise 'grantd did not end well'
    end

    # One line per request, for those who want to know who answered what.
    def self.log(entry)
      path = ENV['DEV_SUITE_LOG'] or return
      by = entry['fault'] ? 'stub' : 'grantd'
      line = [scenario, entry['request']['method'], entry['request']['path'], entry.dig('response', 'status'), by]
      File.open(path, 'a') { |log| log.puts(line.join("\t")) }
    end

    private

    def check(entries)
      bearer = @github[:bearer]
      beside = entries.select { |entry| entry['fault'] && entry['request']['path'] !~ %r{/user\z} }
      wrong = beside.reject { |entry| entry['request']['headers']['authorization'] == "token #{bearer}" }
      raise "asked without the token #{bearer}: #{wrong}" if bearer && wrong.any?

      posts = entries.select { |entry| entry['request']['path'].end_with?('/authorizations') }
      raise "#{posts.size} attempts" if posts.size > @github.fetch(:most, 9)
      return unless @github[:sent]

      sent = JSON.parse(posts.last['request']['body'])
      different = @github[:sent].reject { |key, value| sent[key] == value }
      raise "sent #{sent}, not #{different}" if different.any?
    end

    def toml(github)
      lines = ["next_tokens = #{Array(github[:next]).to_json}"]
      github.fetch(:users, []).each { |user| lines << '[[users]]' << pairs(user) }
      owner = github.dig(:users, 0, :login)
      github.fetch(:notes, []).each { |note| lines << '[[tokens]]' << pairs(user: owner, note: note) }
      github.fetch(:tokens, []).each do |token|
        lines << '[[tokens]]' << pairs(user: owner, note: 'made before', token: token) << 'scopes = ["repo"]'
      end
      lines.join("\n")
    end

    # Texts of JSON are texts of TOML.
    def pairs(values)
      values.map { |key, value| "#{key} = #{value.to_json}" }.join("\n")
    end

    def dev(method, path, body = nil)
      request = method.new("/_dev#{path}", 'Content-Type' => 'application/json')
      request.body = body.to_json if body
      answer = Net::HTTP.start('127.0.0.1', port) { |http| http.request(request) }
      raise "#{path}: #{answer.code} #{answer.body}" unless answer.is_a?(Net::HTTPSuccess)

      answer.body
    end
  end
end

# Debian's aruba asks a command whether it is none. The suite has a class of its own for commands, from a
# time in which nobody asked.
Aruba::Command.class_eval do
  def empty?
    false
  end
end

# The suite waits a tenth of a second for hub to ask for the next line; a busy machine needs more.
World(Module.new do
  def type(*)
    sleep 0.3
    super.tap { sleep 0.4 }
  end
end)

Before { |scenario| Hub::LocalServer.scenario = scenario.name }
