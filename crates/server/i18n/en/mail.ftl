# Mails.

mail-reset-subject = A new password for { $site }
mail-reset-text =
    Hello { $login },

    somebody, probably you, asked for a new password. Open this link within one hour to choose one:

    { $link }

    If it was not you, do nothing: your password stays as it is.
mail-verification-subject = Your e-mail address at { $site }
mail-verification-text =
    Hello { $login },

    open this link within one day to show that this address is yours:

    { $link }

    If you do not know what this is about, do nothing.
mail-leaked-subject = A token of yours was revoked at { $site }
mail-leaked-text =
    Hello { $login },

    { $what } It was revoked at once, and cannot be had back:
mail-leaked-reported = somebody found a token of yours and reported it.
mail-leaked-scanned = a secret scanner found a token of yours in public.
mail-leaked-token = - the token ending in { $last_eight }
mail-leaked-refresh-token = - a refresh token of an app, with the tokens that came from it
mail-leaked-ending =
    Make a new one where you need it, and look at what happened to your account:

    { $link }
mail-join-subject = Your account at { $site }
mail-join-text =
    Hello { $login },

    open this link within one day to show that this address is yours, and choose a password:

    { $link }

    If you do not know what this is about, do nothing: no account is made.
mail-known-subject = Your account at { $site }
mail-known-text =
    Hello { $login },

    somebody, probably you, wanted to create an account with this address. It has one already: { $login }. If you do not know its password any more, choose another one here:

    { $link }

    If it was not you, do nothing.
mail-expiring-subject = A token ends soon: { $site }
mail-expiring-text =
    Hello { $login },

    your token { $name }, which ends with { $end }, stops working on { $date }. Whatever uses it needs another one by then. You find it here:

    { $link }

    If you do not need it any more, do nothing.
mail-expiring-app = of { $app }
