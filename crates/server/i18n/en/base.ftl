# The frame of all pages, and what is said everywhere.

skip = Skip to content
nav-account = Account
nav-settings = Settings of { $login }
nav-sign-out = Sign out
nav-sections = Settings
footer = This server keeps track of who may use which token.
faults-title = Please check this form:

date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
date-time = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }, { $time } UTC

front-title = Tokens and apps, in your hands
front-lead = See which tokens and apps can act in your name, and take that back whenever you like.
front-sign-in = Sign in
front-tokens = Your personal access tokens
front-applications = Apps that you authorized
front-settings = Your settings
front-api = Programs use the API at
front-docs = What the API can do
front-signed-in = You are signed in as { $login }.

refusal-not-found-title = There is nothing here
refusal-not-found = The address may be mistyped, or what stood here is gone.
refusal-method-title = This page cannot be used that way
refusal-method = Please go back and use the form on the page before.
refusal-large-title = That was too much at once
refusal-large = What you sent is longer than this server accepts. Please shorten it and try again.
refusal-slow-title = That took too long
refusal-slow = The connection was too slow. Please try again.
refusal-busy-title = Too many requests
refusal-busy = Please wait { $seconds ->
    [one] one second
   *[other] { $seconds } seconds
} and try again.
refusal-forbidden-title = This is not allowed
refusal-forbidden = Your account may not do this. If you think it should, ask whoever runs this server.
refusal-away-title = Not available right now
refusal-away = Something that this server needs does not answer. Nothing was changed. Please try again in a moment.
refusal-broken-title = Something went wrong here
refusal-broken = This is our fault, not yours. If it happens again, tell whoever runs this server, with the request id below.
refusal-invalid-title = This cannot be done
refusal-invalid = What was sent is not right. Please go back and check it.
refusal-foreign-title = This form came from elsewhere
refusal-foreign = For your safety, forms are only taken from this site. You reach it at { $url }.
refusal-token-title = This form is too old
refusal-token = You signed in or out since the form was opened, or your browser refuses cookies. Nothing was changed. Please go back, reload the page and try again.
refusal-home = Go to the front page
refusal-request = Request id: { $id }

button-back = Back
button-cancel = Cancel
button-save = Save
button-copy = Copy
copied = Copied.
pager = Pages
pager-newer = Newer
pager-older = Older
never = never
