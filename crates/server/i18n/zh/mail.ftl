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
mail-expiring-subject = 令牌即将到期：{ $site }
mail-expiring-text =
    { $login }，您好：

    您的令牌 { $name }（以 { $end } 结尾）将于 { $date }失效。使用它的程序届时需要新的令牌。您可以在此处找到它：

    { $link }

    如果您不再需要它，请忽略此邮件。
mail-expiring-app = （应用 { $app }）
