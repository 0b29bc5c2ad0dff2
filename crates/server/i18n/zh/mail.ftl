# 邮件。

mail-reset-subject = { $site } 的新密码
mail-reset-text =
    { $login }，您好：

    有人（很可能是您）请求设置新密码。请在一小时内打开此链接设置新密码：

    { $link }

    如果不是您本人，请忽略此邮件：您的密码保持不变。
mail-verification-subject = 您在 { $site } 的电子邮箱
mail-verification-text =
    { $login }，您好：

    请在一天内打开此链接，以确认此邮箱属于您：

    { $link }

    如果您不清楚这是什么，请忽略此邮件。
mail-leaked-subject = 您在 { $site } 的令牌已被撤销
mail-leaked-text =
    { $login }，您好：

    { $what }该令牌已立即撤销，无法恢复：
mail-leaked-reported = 有人发现并举报了您的令牌。
mail-leaked-scanned = 密钥扫描服务在公开处发现了您的令牌。
mail-leaked-token = - 末尾为 { $last_eight } 的令牌
mail-leaked-refresh-token = - 某个应用的刷新令牌，以及由它产生的令牌
mail-leaked-ending =
    请在需要之处创建新令牌，并查看您的账户记录：

    { $link }
mail-join-subject = 您在 { $site } 的账户
mail-join-text =
    { $login }，您好：

    请在一天内打开此链接，以确认此邮箱属于您，并设置密码：

    { $link }

    如果您不清楚这是什么，请忽略此邮件：不会创建任何账户。
mail-known-subject = 您在 { $site } 的账户
mail-known-text =
    { $login }，您好：

    有人（很可能是您）想用此邮箱创建账户。此邮箱已有账户：{ $login }。如果您忘记了它的密码，请在此设置新密码：

    { $link }

    如果不是您本人，请忽略此邮件。
mail-expiring-subject = 令牌即将到期：{ $site }
mail-expiring-text =
    { $login }，您好：

    您的令牌 { $name }（以 { $end } 结尾）将于 { $date }失效。使用它的程序届时需要新的令牌。您可以在此处找到它：

    { $link }

    如果您不再需要它，请忽略此邮件。
mail-expiring-app = （应用 { $app }）
