# The settings.

section-profile = Profile
section-password = Password
section-two-factor = Two-factor authentication
section-passkeys = Passkeys
section-sessions = Sessions
section-tokens = Personal access tokens
section-applications = Authorized apps
section-security-log = Security log

profile-title = Profile
profile-login = Login
profile-field-email = E-mail address
profile-hint-email = For links to a new password. A message with a link shows that the address is yours.
profile-verified = verified
profile-unverified = not verified
profile-verify = Send the message again
profile-field-language = Language
profile-language-browser = As the browser says
notice-profile = Your profile was saved.
notice-email-sent = A message with a link is on its way. The new address counts as soon as the link was opened.
notice-language = Your language was saved.
profile-email-title = E-mail address
profile-language-title = Language

password-title = Password
password-lead = Whoever knows your password can act as you. Choose one that you use nowhere else.
password-button = Change the password
password-end-sessions = Sign out everywhere else
password-end-tokens = Delete all of my personal access tokens and take back all apps
notice-password = Your password was changed.

two-factor-title = Two-factor authentication
two-factor-off = Only your password protects this account. With a code from an authenticator app nobody gets in with the password alone.
two-factor-enrol = Set up an authenticator app
two-factor-on = Signing in asks for a code from your authenticator app.
two-factor-since = since { $date }
two-factor-codes-left = { $count ->
    [0] No recovery code is left. Make new ones now: without them, losing your app locks you out.
    [one] One recovery code is left. Consider making new ones.
   *[other] { $count } recovery codes are left.
}
two-factor-regenerate = Make new recovery codes
two-factor-regenerate-lead = The old ones stop working at once.
two-factor-disable = Turn it off
two-factor-disable-lead = Your recovery codes stop working, too.
two-factor-disable-confirm = Without a second factor, whoever learns your password gets in.
enrol-title = Set up an authenticator app
enrol-scan = Scan this picture with your authenticator app.
enrol-picture = Picture for the authenticator app; the key below says the same
enrol-key = Or enter this key there by hand:
enrol-confirm = Then enter the code that the app shows now.
enrol-button = Turn it on
codes-title = Your recovery codes
codes-lead = Each of them signs you in once when your authenticator app is not at hand. Print them or put them into a password manager: they are shown this one time only.
codes-done = I have kept them
notice-two-factor-off = Two-factor authentication is off.

passkeys-title = Passkeys
passkeys-lead = A passkey signs you in with your fingerprint, your face or a key that you carry, without password and code. It cannot be phished.
passkeys-none = You have no passkeys yet.
passkeys-add = Add a passkey
passkeys-field-name = Name
passkeys-hint-name = So that you know which one it is, such as “Laptop”.
passkeys-script = Adding a passkey needs JavaScript.
passkeys-created = Added
passkeys-used = Last used
passkeys-rename = Rename { $name }
passkeys-remove = Remove { $name }
passkeys-rename-short = Rename
passkeys-remove-short = Remove
passkeys-remove-confirm = It will not sign you in any more.
passkeys-missing-name = Give it a name of at most { $most } characters.
passkeys-refused = This passkey could not be added. Please try again.
notice-passkey-added = The passkey was added.
notice-passkey-renamed = The passkey was renamed.
notice-passkey-removed = The passkey was removed.

sessions-title = Sessions
sessions-lead = Browsers in which you are signed in. Sign out those that you do not know, and change your password then.
sessions-this = this one
sessions-from = From
sessions-since = Signed in
sessions-seen = Last seen
sessions-end = Sign out { $browser }
sessions-end-others = Sign out all others
sessions-unknown = Unknown browser
sessions-browser = { $browser } on { $system }
notice-session-ended = That browser is signed out.
notice-sessions-ended = All other browsers are signed out.

tokens-title = Personal access tokens
tokens-lead = A token lets a program act as you, as far as its scopes reach. Treat it like a password.
tokens-none = You have no personal access tokens.
tokens-new = New token
tokens-no-scopes = no scopes: only public information
tokens-created = Created
tokens-used = Last used
tokens-expires = Expires
tokens-expired = expired
tokens-ends-with = Ends with
tokens-regenerate = Regenerate
tokens-regenerate-title = Regenerate { $note }?
tokens-regenerate-confirm = The present token stops working at once. Every program that uses it needs the new one.
tokens-delete = Delete
tokens-delete-title = Delete { $note }?
tokens-delete-confirm = Programs that use it lose their access at once. This cannot be undone.
tokens-unnamed = Token without a note
token-new-title = New personal access token
token-field-note = Note
token-hint-note = What is it for?
token-field-expires = Expires
token-expires-days = in { $days } days
token-expires-never = never
token-expires-custom = on a day that you choose
token-field-day = Day
token-hint-day = Counts only if you chose it above. The token ends when this day begins in UTC.
token-scopes = What may it do?
token-hint-scopes = A ticked scope includes those below it.
token-button = Create the token
token-missing-note = Say what the token is for.
token-long = This is too long.
token-note-taken = You have a token with this note already.
token-bad-day = Choose a day in the future.
token-bad-scope = Choose scopes from the list.
token-shown-title = Your new token
token-shown-lead = Copy it now. It is shown this one time only.
token-shown-back = Back to your tokens
notice-token-deleted = The token was deleted.

applications-title = Authorized apps
applications-lead = Apps that may act as you because you agreed. Take back what you no longer use.
applications-none = No app may act as you.
applications-by = by { $owner }
applications-since = Since
applications-used = Last used
applications-revoke = Take back
applications-revoke-title = Take back { $app }?
applications-revoke-confirm = The app loses its access at once; all its tokens for your account are deleted. It may ask again.
applications-revoke-all = Take back all apps
applications-revoke-all-title = Take back all apps?
applications-revoke-all-confirm = All apps lose their access at once; all their tokens for your account are deleted.
applications-details = Details
applications-may = It may
applications-tokens = { $count ->
    [one] one token
   *[other] { $count } tokens
}
notice-application-revoked = The app may not act as you any more.
notice-applications-revoked = No app may act as you any more.

log-title = Security log
log-lead = What happened with your account, newest first.
log-none = Nothing has happened yet.
log-when = When
log-what = What
log-who = By
log-where = From
log-by-you = you
log-by-app = an app
log-by-operator = whoever runs this server
log-by-system = this server
log-by-admin = an administrator
log-token = token …{ $end }
