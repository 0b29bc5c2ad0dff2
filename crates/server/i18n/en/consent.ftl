# The page on which a person lets an app act in their name.

consent-title = Let { $app } act in your name?
consent-by = by { $owner }
consent-homepage = Homepage
consent-as = You are signed in as { $login }.
consent-other-account = Use another account
consent-may = If you agree, it may
consent-may-again = You agreed before. From now on it may
consent-no-scopes = see only what everybody can see: your login and your public profile.
consent-new = new
consent-target = Either way you will be sent to
consent-on-this-device = This address belongs to a program on your device, and any program could claim it. Agree only if you have just started this app yourself.
consent-approve = Agree
consent-deny = Refuse
consent-take-back = You can take this back at any time in your settings, under “Authorized apps”.

consent-unknown-title = No such app
consent-unknown = The link that brought you here names an app that this server does not know. Go back to the app and try again; if it happens again, tell the people who run it.
consent-suspended-title = This app is suspended
consent-suspended = It may not act in anybody's name at present. Nothing was changed. Ask whoever runs this server if you think this is wrong.
consent-mismatch-title = This link cannot be trusted
consent-mismatch = It would send you to an address that the app has not registered, or does not say which of the app's addresses it means. Nothing was passed on. Go back to the app; if it happens again, tell the people who run it.
