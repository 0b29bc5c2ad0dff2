# The pages of people who run apps.

section-developers = My apps
developers-title = My apps
developers-lead = Apps that you run and that ask people to act in their name. Each has a client id that everybody may know, and a secret that only the app knows.
developers-none = You have not registered an app yet.
developers-new = Register an app
developers-client-id = Client id
developers-created = Registered
developers-suspended-badge = suspended
developers-suspended = This app is suspended since { $date }: it gets no tokens, and those that it has are refused. Ask whoever runs this server.
developers-users = People who agreed
developers-tokens = Tokens
developers-edit = Edit
developers-edit-title = Edit { $app }

developers-name = Name
developers-name-hint = What people read when they are asked to agree.
developers-url = Homepage
developers-description = Description
developers-description-hint = What the app does for people, in a sentence. You may leave it empty.
developers-callbacks = Callback addresses
developers-callbacks-hint = Where people are sent back to, one per line. A request must name one of them letter by letter; only on 127.0.0.1, [::1] and localhost the port is free.
developers-flows = How it works
developers-field-public = It runs on people’s own machines and cannot keep a secret
developers-public-hint = It gets no secret, must use PKCE, and people are asked every time. This cannot be changed later.
developers-device = It may be connected by a code (device flow)
developers-device-hint = For programs on devices without a browser.
developers-sub-paths = Paths below a callback address are callback addresses, too
developers-sub-paths-hint = As at GitHub. Leave it off unless the app needs it: whoever can place a page below the address could receive codes.
developers-expiring = Its tokens expire after eight hours
developers-expiring-hint = The app then renews them with a refresh token.
developers-scopes = What may it ask for?
developers-limited = Only the scopes ticked below
developers-limited-hint = Its tokens never have more than these and what they include. Without this tick it may ask for everything.
developers-bad-scope = Choose scopes from the list.
developers-register = Register
developers-bad-name = Give the app a name of at most 255 characters.
developers-bad-url = Give a homepage that begins with https:// or http://.
developers-bad-description = Shorten the description to one line of at most 1,000 characters.
developers-bad-callback = “{ $line }” cannot be a callback address. Give a whole address such as https://example.com/callback, without # and without a user name.
developers-bad-callbacks = Give 1 to 20 callback addresses, one per line.
notice-app-saved = The app was saved.

developers-secret = Client secret
developers-secret-lead = The secret was shown when it was made. If it is lost, or somebody else may know it, make a new one.
developers-public = This app has none: it runs on people’s own machines.
developers-rotate = Make a new secret
developers-rotate-title = A new secret for { $app }
developers-rotate-lead = The app needs the new secret before the old one ends. An older one still, if there is any, ends at once.
developers-overlap = The old secret ends
developers-overlap-day = in 24 hours
developers-overlap-hour = in one hour
developers-overlap-week = in seven days
developers-overlap-none = at once, because somebody else may know it
developers-secret-title = The secret of { $app }
developers-shown-once = Put the secret where the app finds it now. It is shown this one time only.
developers-secret-kept = I have kept it
developers-previous = The previous secret works until { $until }, too.
developers-previous-end = End the previous secret now
notice-app-secret-ended = The previous secret does not work any more.

developers-logo = Logo
developers-logo-present = The present logo
developers-logo-choose = Picture
developers-logo-hint = PNG, JPEG, GIF or WebP, at most 48 KiB. A square looks best.
developers-logo-upload = Upload
developers-logo-remove = Remove the logo
developers-logo-long = This picture is larger than 48 KiB. Please make it smaller.
developers-logo-format = This is no PNG, JPEG, GIF or WebP picture. Please choose another one.
notice-app-logo = The logo was changed.

developers-delete = Delete the app
developers-delete-title = Delete { $app }?
developers-delete-lead = All of its tokens stop working at once, for everybody. This cannot be undone.
developers-delete-confirm = { $users ->
    [0] Nobody has agreed to this app. It is gone for good, with its client id.
    [one] One person loses what the app does in their name, at once. The app is gone for good, with its client id and all tokens.
   *[other] { $users } people lose what the app does in their name, at once. The app is gone for good, with its client id and all tokens.
}
developers-delete-type = To confirm, type the name of the app: { $app }
developers-delete-mistyped = That is not the name of the app. Type: { $app }
notice-app-deleted = The app and all of its tokens were deleted.
