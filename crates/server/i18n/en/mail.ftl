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
mail-expiring-subject = A token ends soon: { $site }
mail-expiring-text =
    Hello { $login },

    your token { $name }, which ends with { $end }, stops working on { $date }. Whatever uses it needs another one by then. You find it here:

    { $link }

    If you do not need it any more, do nothing.
mail-expiring-app = of { $app }
