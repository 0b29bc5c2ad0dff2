# Mails.

mail-reset-subject = Ein neues Passwort für { $site }
mail-reset-text =
    Guten Tag { $login },

    jemand, vermutlich Sie, hat um ein neues Passwort gebeten. Öffnen Sie innerhalb einer Stunde diesen Link, um eines zu wählen:

    { $link }

    Waren Sie es nicht, tun Sie nichts: Ihr Passwort bleibt, wie es ist.
mail-verification-subject = Ihre E-Mail-Adresse bei { $site }
mail-verification-text =
    Guten Tag { $login },

    öffnen Sie innerhalb eines Tages diesen Link, um zu zeigen, dass diese Adresse Ihnen gehört:

    { $link }

    Wenn Sie nicht wissen, worum es geht, tun Sie nichts.
mail-expiring-subject = Ein Token endet bald: { $site }
mail-expiring-text =
    Guten Tag { $login },

    Ihr Token { $name }, das auf { $end } endet, gilt ab { $date } nicht mehr. Was es benutzt, braucht bis dahin ein anderes. Sie finden es hier:

    { $link }

    Brauchen Sie es nicht mehr, tun Sie nichts.
mail-expiring-app = von { $app }
