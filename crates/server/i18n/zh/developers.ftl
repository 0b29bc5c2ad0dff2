# 应用开发者的页面。

section-developers = 我的应用
developers-title = 我的应用
developers-lead = 由您运营、并请求以用户名义操作的应用。每个应用都有一个可以公开的客户端 ID，以及一个只有应用自己知道的密钥。
developers-none = 您还没有注册应用。
developers-new = 注册应用
developers-client-id = 客户端 ID
developers-created = 注册时间
developers-suspended-badge = 已停用
developers-suspended = 此应用自 { $date } 起被停用：它得不到令牌，已有的令牌也会被拒绝。请联系本服务器的管理者。
developers-users = 已同意的用户数
developers-tokens = 令牌数
developers-edit = 编辑
developers-edit-title = 编辑 { $app }

developers-name = 名称
developers-name-hint = 征求用户同意时显示的名称。
developers-url = 主页
developers-description = 描述
developers-description-hint = 用一句话说明应用的用途，可以留空。
developers-callbacks = 回调地址
developers-callbacks-hint = 用户同意后返回的地址，每行一个。请求中的地址必须与其中之一完全相同；只有 127.0.0.1、[::1] 和 localhost 的端口不限。
developers-flows = 工作方式
developers-field-public = 应用在用户自己的设备上运行，无法保守密钥
developers-public-hint = 应用没有密钥，必须使用 PKCE，并且每次都会征求用户同意。此项以后不能更改。
developers-device = 可以通过代码连接（设备流程）
developers-device-hint = 适用于没有浏览器的设备上的程序。
developers-sub-paths = 回调地址之下的路径也是回调地址
developers-sub-paths-hint = 与 GitHub 相同。除非应用需要，否则请不要开启：能在该地址之下放置页面的人可能会收到授权码。
developers-expiring = 令牌在八小时后过期
developers-expiring-hint = 之后应用用刷新令牌更新它。
developers-scopes = 它可以请求什么？
developers-limited = 仅限下面勾选的权限范围
developers-limited-hint = 它的令牌永远不会超出这些范围及其包含的范围。不勾选则可以请求全部。
developers-bad-scope = 请从列表中选择权限范围。
developers-register = 注册
developers-bad-name = 请为应用填写不超过 255 个字符的名称。
developers-bad-url = 请填写以 https:// 或 http:// 开头的主页。
developers-bad-description = 请将描述缩短为一行，不超过 1000 个字符。
developers-bad-callback = “{ $line }”不能作为回调地址。请填写完整的地址，例如 https://example.com/callback，不含 # 和用户名。
developers-bad-callbacks = 请填写 1 到 20 个回调地址，每行一个。
notice-app-saved = 应用已保存。

developers-secret = 客户端密钥
developers-secret-lead = 密钥只在生成时显示过一次。如果丢失或可能被他人知道，请生成新的密钥。
developers-public = 此应用没有密钥：它在用户自己的设备上运行。
developers-rotate = 生成新密钥
developers-rotate-title = { $app } 的新密钥
developers-rotate-lead = 在旧密钥失效之前，应用需要换用新密钥。如果还有更早的密钥，它会立即失效。
developers-overlap = 旧密钥何时失效
developers-overlap-day = 24 小时后
developers-overlap-hour = 一小时后
developers-overlap-week = 七天后
developers-overlap-none = 立即，因为可能已被他人知道
developers-secret-title = { $app } 的密钥
developers-shown-once = 请立即将密钥保存到应用能读取的地方。它只显示这一次。
developers-secret-kept = 我已保存
developers-previous = 之前的密钥在 { $until } 之前仍然有效。
developers-previous-end = 立即使之前的密钥失效
notice-app-secret-ended = 之前的密钥已失效。

developers-logo = 徽标
developers-logo-present = 当前徽标
developers-logo-choose = 图片
developers-logo-hint = PNG、JPEG、GIF 或 WebP，最大 48 KiB，最好是正方形。
developers-logo-upload = 上传
developers-logo-remove = 移除徽标
developers-logo-long = 此图片超过 48 KiB，请缩小后再上传。
developers-logo-format = 这不是 PNG、JPEG、GIF 或 WebP 图片，请选择其他图片。
notice-app-logo = 徽标已更改。

developers-delete = 删除应用
developers-delete-title = 删除 { $app }？
developers-delete-lead = 它的所有令牌会立即对所有人失效，且无法撤消。
developers-delete-confirm = { $users ->
    [0] 没有人同意过此应用。它连同客户端 ID 将被永久删除。
   *[other] { $users } 位用户将立即失去此应用以其名义提供的功能。应用连同客户端 ID 和所有令牌将被永久删除。
}
developers-delete-type = 请输入应用名称以确认：{ $app }
developers-delete-mistyped = 这不是应用的名称。请输入：{ $app }
notice-app-deleted = 应用及其所有令牌已删除。
