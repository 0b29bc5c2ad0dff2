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
mail-leaked-subject = Ein Token von Ihnen wurde bei { $site } widerrufen
mail-leaked-text =
    Guten Tag { $login },

    { $what } Es wurde sofort widerrufen und kommt nicht zurück:
mail-leaked-reported = jemand hat ein Token von Ihnen gefunden und gemeldet.
mail-leaked-scanned = ein Suchdienst hat ein Token von Ihnen öffentlich gefunden.
mail-leaked-token = - das Token mit dem Ende { $last_eight }
mail-leaked-refresh-token = - ein Refresh-Token einer App, mit den Tokens, die daraus entstanden
mail-leaked-ending =
    Legen Sie ein neues an, wo Sie es brauchen, und sehen Sie nach, was mit Ihrem Konto geschah:

    { $link }
mail-join-subject = Ihr Konto bei { $site }
mail-join-text =
    Guten Tag { $login },

    öffnen Sie innerhalb eines Tages diesen Link, um zu zeigen, dass diese Adresse Ihnen gehört, und wählen Sie ein Passwort:

    { $link }

    Wenn Sie nicht wissen, worum es geht, tun Sie nichts: Es entsteht kein Konto.
mail-known-subject = Ihr Konto bei { $site }
mail-known-text =
    Guten Tag { $login },

    jemand, vermutlich Sie, wollte ein Konto mit dieser Adresse anlegen. Es gibt schon eines: { $login }. Wissen Sie dessen Passwort nicht mehr, wählen Sie hier ein anderes:

    { $link }

    Waren Sie es nicht, tun Sie nichts.
mail-expiring-subject = Ein Token endet bald: { $site }
mail-expiring-text =
    Guten Tag { $login },

    Ihr Token { $name }, das auf { $end } endet, gilt ab { $date } nicht mehr. Was es benutzt, braucht bis dahin ein anderes. Sie finden es hier:

    { $link }

    Brauchen Sie es nicht mehr, tun Sie nichts.
mail-expiring-app = von { $app }
