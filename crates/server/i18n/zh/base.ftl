# 所有页面的框架，以及各处通用的文字。

skip = 跳到正文
nav-account = 账户
nav-settings = { $login } 的设置
nav-sign-out = 退出
nav-sections = 设置
footer = 本服务器记录谁可以使用哪个令牌。
faults-title = 请检查表单：

date = { $year }年{ $month }月{ $day }日
date-time = { $year }年{ $month }月{ $day }日 { $time } UTC

front-title = 令牌与应用，由您掌握
front-lead = 查看哪些令牌和应用可以代表您操作，并可随时收回。
front-sign-in = 登录
front-tokens = 您的个人访问令牌
front-applications = 您授权的应用
front-settings = 您的设置
front-api = 程序使用的 API 地址：
front-docs = API 参考
front-signed-in = 您已登录为 { $login }。

refusal-not-found-title = 这里什么也没有
refusal-not-found = 地址可能有误，或者原来的内容已不存在。
refusal-method-title = 不能这样使用此页面
refusal-method = 请返回并使用上一页的表单。
refusal-large-title = 内容过多
refusal-large = 您发送的内容超过本服务器的限制。请缩短后重试。
refusal-slow-title = 超时
refusal-slow = 连接太慢，请重试。
refusal-busy-title = 请求过多
refusal-busy = 请等待 { $seconds } 秒后重试。
refusal-forbidden-title = 不允许此操作
refusal-forbidden = 您的账户无权执行此操作。如有疑问，请联系本服务器的管理者。
refusal-away-title = 暂时不可用
refusal-away = 本服务器所依赖的服务没有响应。没有任何更改。请稍后重试。
refusal-broken-title = 出错了
refusal-broken = 这是我们的问题，与您无关。如再次发生，请将下方的请求编号告知本服务器的管理者。
refusal-invalid-title = 无法执行
refusal-invalid = 发送的内容有误。请返回检查。
refusal-foreign-title = 此表单来自别处
refusal-foreign = 为了您的安全，只接受来自本站的表单。本站地址是 { $url }。
refusal-token-title = 此表单已过期
refusal-token = 打开表单之后您登录或退出过，或者您的浏览器拒绝 Cookie。没有任何更改。请返回、刷新页面后重试。
refusal-home = 前往首页
refusal-request = 请求编号：{ $id }

button-back = 返回
button-cancel = 取消
button-save = 保存
button-copy = 复制
copied = 已复制。
pager = 分页
pager-newer = 较新
pager-older = 较旧
never = 从未
