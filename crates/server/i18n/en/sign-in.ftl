# Signing in, proving again who one is, and getting back in.

login-title = Sign in
login-for-app = Sign in to go on to { $app }.
login-field-name = Login or e-mail address
login-field-password = Password
login-button = Sign in
login-forgot = Forgot your password?
login-join = New here? Create an account
login-wrong = This login and password do not go together. Check both and try again.
login-locked = Too many wrong attempts from here. Wait a few minutes, then try again; signing in from another place still works.
login-suspended = This account is suspended. Ask whoever runs this server.
login-throttled = Too many attempts for this account. Wait { $minutes ->
    [one] a minute
   *[other] { $minutes } minutes
} and try again.
login-busy = Too many people are signing in just now. Please try again in a few seconds.
login-missing-name = Enter your login or e-mail address.
login-missing-password = Enter your password.
login-expired = You took a while, so please start again.

passkey-button = Use a passkey
passkey-or = or
passkey-waiting = Waiting for your passkey …
passkey-refused = No passkey was used. Try again, or choose another way.
passkey-unknown = This passkey is not known here. Use another one, or choose another way.

factor-title = One more step
factor-lead = Enter the code that your authenticator app shows. If you do not have it at hand, use one of your recovery codes.
factor-field-code = Code
factor-hint = Six digits from the app, or a recovery code.
factor-button = Verify
factor-wrong = This code is not right, or it was used before. Wait for the next one and enter that.
factor-missing = Enter the code.

sudo-title = Is it still you?
sudo-lead = What comes next is sensitive. Please confirm that it is you, { $login }.
sudo-field-password = Your password
sudo-button = Confirm
sudo-wrong = This password is not right.

done-title = You are signed in
done-lead = Taking you to where you wanted to go.
done-button = Go on

forgot-title = Forgot your password?
forgot-lead = Enter your login or e-mail address. If it belongs to an account here, a message with a link is on its way to that account's address.
forgot-button = Send the link
forgot-sent-title = Look into your mailbox
forgot-sent = If there is such an account with a verified address, a message is on its way. The link in it works for one hour. Nothing there? Look into the spam folder, or ask whoever runs this server.
forgot-off = This server cannot send e-mail. Ask whoever runs it for a link to a new password.

link-gone-title = This link does not work any more
link-gone = It was used before, or it is too old. Ask for a new one.

reset-title = Choose a new password
reset-lead = For the account { $login }.
reset-button = Set the password
invitation-title = Welcome
invitation-lead = Choose a password for your account { $login }.
invitation-button = Begin
setup-title = Set up this server
setup-lead = You are the first one here. This makes your account, which may administer this server.
setup-field-login = Login
setup-hint-login = Letters, digits, hyphens; at most 39.
setup-button = Create the account

password-new = New password
password-hint = At least { $least } characters. A few words that you do not use together anywhere else are best.
password-again = The new password once more
password-short = Use at least { $least } characters.
password-long = Use at most { $most } bytes.
password-common = This password stands on lists that attackers try first. Choose another.
password-differs = The two passwords are not the same. Enter both again.
password-missing = Choose a password.
email-bad = An e-mail address looks like name@example.com.
email-taken = Another account has this address.
login-bad = A login has letters, digits and hyphens, at most 39, and begins and ends with a letter or digit.
login-taken = Another account has this login.
verify-title = Is this your e-mail address?
verify-lead = { $email } will belong to your account.
verify-button = Yes, it is mine
verified-title = Your e-mail address is verified
verified-lead = { $email } now belongs to your account.

join-title = Create an account
join-lead = Choose a login and a password.
join-lead-mail = A message with a link goes to your address. Open it to choose a password.
join-sign-in = You have an account? Sign in
join-sent = A message is on its way. The link in it works for one day; the account is there once you have opened it. Nothing there? Look into the spam folder, or ask whoever runs this server.
