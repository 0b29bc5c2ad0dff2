# 安全日志中的事件。

event-user-create = 账户已创建
event-user-delete = 账户已删除
event-user-suspend = 账户已停用
event-user-unsuspend = 账户已恢复
event-user-change_password = 密码已更改
event-user-rehash_password = 密码已重新存储
event-user-sign_in_locked = 多次错误后登录被锁定
event-two_factor-enable = 双重验证已启用
event-two_factor-disable = 双重验证已关闭
event-two_factor-recovery_code_used = 使用了恢复码
event-two_factor-missing_code_overflow = 多次尝试未提供验证码
event-oauth_application-create = 应用已注册
event-oauth_application-destroy = 应用已删除
event-oauth_application-suspend = 应用已停用
event-oauth_application-unsuspend = 应用已恢复
event-oauth_application-transfer = 应用已转让
event-oauth_application-reset_secret = 应用的密钥已更改
event-oauth_access-create = 令牌已创建
event-oauth_access-update = 令牌已编辑
event-oauth_access-destroy = 令牌已删除
event-oauth_access-evict = 旧令牌已让位给新令牌
event-oauth_access-expire = 过期令牌已移除
event-oauth_access-regenerate = 令牌已重新生成
event-oauth_access-revoke = 令牌已撤销
event-oauth_authorization-create = 应用已获授权
event-oauth_authorization-destroy = 应用授权已收回
