// Drives the app's calls and GitHub Enterprise Server's user administration as
// Debian's go-github has them, unmodified.
//
// What it needs stands in the environment: see ../lib.sh.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/google/go-github/github"
)

var (
	ctx      = context.Background()
	failures = 0
	run      = random()
)

func random() string {
	bytes := make([]byte, 4)
	if _, err := rand.Read(bytes); err != nil {
		panic(err)
	}
	return hex.EncodeToString(bytes)
}

func env(name string) string {
	value := os.Getenv(name)
	if value == "" {
		panic("not set: " + name)
	}
	return value
}

// step runs an action at once and prints how it went.
func step(name string, action func() (string, error)) {
	detail, err := action()
	if err != nil {
		failures++
		fmt.Printf("not ok - %s: %s\n", name, strings.ReplaceAll(err.Error(), "\n", " "))
		return
	}
	fmt.Printf("ok - %s: %s\n", name, detail)
}

// answered holds a call to its status, a refusal's too.
func answered(want int, response *github.Response, err error) error {
	if response == nil {
		return err
	}
	if response.StatusCode != want {
		return fmt.Errorf("%d is not %d (%v)", response.StatusCode, want, err)
	}
	var refusal *github.ErrorResponse
	if err != nil && !errors.As(err, &refusal) {
		return err
	}
	return nil
}

// all is the first error of several.
func all(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func equal(have, want interface{}) error {
	if fmt.Sprint(have) != fmt.Sprint(want) {
		return fmt.Errorf("%v is not %v", have, want)
	}
	return nil
}

func client(transport http.RoundTripper) *github.Client {
	made, err := github.NewEnterpriseClient(env("API_URL"), env("API_URL"), &http.Client{Transport: transport})
	if err != nil {
		panic(err)
	}
	return made
}

func password(login, secret string) *github.Client {
	return client(&github.BasicAuthTransport{Username: login, Password: secret})
}

type bearer struct{ token string }

func (b bearer) RoundTrip(request *http.Request) (*http.Response, error) {
	copied := request.Clone(request.Context())
	copied.Header.Set("Authorization", "token "+b.token)
	return http.DefaultTransport.RoundTrip(copied)
}

// loginOf asks whose a token is.
func loginOf(token string, status int) (string, error) {
	user, response, err := client(bearer{token}).Users.Get(ctx, "")
	return user.GetLogin(), answered(status, response, err)
}

// newToken makes a token of the app for the user; go-github has no call for it any more.
func newToken() (string, error) {
	user := password(env("USER_LOGIN"), env("USER_PASSWORD"))
	body := map[string]interface{}{"client_secret": env("CLIENT_SECRET"), "scopes": []string{"repo"}}
	path := "authorizations/clients/" + env("CLIENT_ID") + "/go-" + random()
	request, err := user.NewRequest("PUT", path, body)
	if err != nil {
		return "", err
	}
	made := new(github.Authorization)
	response, err := user.Do(ctx, request, made)
	return made.GetToken(), answered(201, response, err)
}

func apps() {
	app := password(env("CLIENT_ID"), env("CLIENT_SECRET")).Authorizations
	id := env("CLIENT_ID")
	token := ""

	step("Authorizations.Check", func() (string, error) {
		made, err := newToken()
		token = made
		if err != nil {
			return "", err
		}
		found, response, err := app.Check(ctx, id, token)
		_, missing, refusal := app.Check(ctx, id, strings.Repeat("0", 40))
		return "200 with token and user, 404", all(
			answered(200, response, err),
			equal(found.GetToken(), token),
			equal(found.GetUser().GetLogin(), env("USER_LOGIN")),
			equal(found.GetApp().GetClientID(), id),
			answered(404, missing, refusal),
		)
	})
	step("Authorizations.Check, wrong secret", func() (string, error) {
		_, response, err := password(id, strings.Repeat("0", 40)).Authorizations.Check(ctx, id, token)
		return "401", answered(401, response, err)
	})
	step("Authorizations.Reset", func() (string, error) {
		before := token
		reset, response, err := app.Reset(ctx, id, before)
		token = reset.GetToken()
		_, gone, refusal := app.Check(ctx, id, before)
		changed := error(nil)
		if token == before || token == "" {
			changed = errors.New("the token did not change")
		}
		return "200, and the old one is dead", all(answered(200, response, err), changed, answered(404, gone, refusal))
	})
	step("Authorizations.Revoke", func() (string, error) {
		response, err := app.Revoke(ctx, id, token)
		_, gone, refusal := app.Check(ctx, id, token)
		return "204, then 404", all(answered(204, response, err), answered(404, gone, refusal))
	})
	step("Authorizations.DeleteGrant", func() (string, error) {
		one, err := newToken()
		if err != nil {
			return "", err
		}
		other, err := newToken()
		if err != nil {
			return "", err
		}
		response, err := app.DeleteGrant(ctx, id, one)
		_, gone, refusal := app.Check(ctx, id, other)
		return "204, and its other token is dead too", all(answered(204, response, err), answered(404, gone, refusal))
	})
}

func administration() {
	admin := password(env("ADMIN_LOGIN"), env("ADMIN_PASSWORD"))
	login := "go-" + run
	guest := ""

	step("Admin.CreateUser", func() (string, error) {
		made, response, err := admin.Admin.CreateUser(ctx, login, login+"@example.com")
		_, taken, refusal := admin.Admin.CreateUser(ctx, login, "other-"+login+"@example.com")
		return "201, then 422", all(
			answered(201, response, err), equal(made.GetLogin(), login), answered(422, taken, refusal))
	})
	step("Admin.CreateUser, who is no site admin", func() (string, error) {
		_, response, err := password(env("USER_LOGIN"), env("USER_PASSWORD")).Admin.CreateUser(ctx, "other", "other@example.com")
		return "403", answered(403, response, err)
	})
	step("Users.PromoteSiteAdmin, Users.DemoteSiteAdmin", func() (string, error) {
		up, first := admin.Users.PromoteSiteAdmin(ctx, login)
		down, second := admin.Users.DemoteSiteAdmin(ctx, login)
		return "204, 204", all(answered(204, up, first), answered(204, down, second))
	})
	step("Authorizations.CreateImpersonation", func() (string, error) {
		wanted := &github.AuthorizationRequest{Scopes: []github.Scope{github.ScopeRepo}}
		made, response, err := admin.Authorizations.CreateImpersonation(ctx, login, wanted)
		guest = made.GetToken()
		who, works := loginOf(guest, 200)
		return "201, and its token works", all(answered(201, response, err), works, equal(who, login))
	})
	step("Users.Suspend, Users.Unsuspend", func() (string, error) {
		reason := "a trial"
		off, first := admin.Users.Suspend(ctx, login, &github.UserSuspendOptions{Reason: &reason})
		_, refused := loginOf(guest, 403)
		on, second := admin.Users.Unsuspend(ctx, login)
		_, works := loginOf(guest, 200)
		return "204, 403 for its token, 204", all(answered(204, off, first), refused, answered(204, on, second), works)
	})
	step("Authorizations.DeleteImpersonation", func() (string, error) {
		response, err := admin.Authorizations.DeleteImpersonation(ctx, login)
		_, dead := loginOf(guest, 401)
		again, refusal := admin.Authorizations.DeleteImpersonation(ctx, login)
		return "204, then 404", all(answered(204, response, err), dead, answered(404, again, refusal))
	})
	step("Admin.CreateUserImpersonation, Admin.DeleteUserImpersonation", func() (string, error) {
		wanted := &github.ImpersonateUserOptions{Scopes: []string{"gist"}}
		made, response, err := admin.Admin.CreateUserImpersonation(ctx, login, wanted)
		who, works := loginOf(made.GetToken(), 200)
		deleted, refusal := admin.Admin.DeleteUserImpersonation(ctx, login)
		_, dead := loginOf(made.GetToken(), 401)
		return "201, 204", all(answered(201, response, err), works, equal(who, login), answered(204, deleted, refusal), dead)
	})
	step("Admin.DeleteUser", func() (string, error) {
		response, err := admin.Admin.DeleteUser(ctx, login)
		again, refusal := admin.Admin.DeleteUser(ctx, login)
		return "204, then 404", all(answered(204, response, err), answered(404, again, refusal))
	})
}

func users() {
	step("Users.Get", func() (string, error) {
		anybody, response, err := client(http.DefaultTransport).Users.Get(ctx, env("USER_LOGIN"))
		return "200", all(answered(200, response, err), equal(anybody.GetLogin(), env("USER_LOGIN")))
	})
	step("BasicAuthTransport.OTP", func() (string, error) {
		_, response, err := password(env("OTP_LOGIN"), env("OTP_PASSWORD")).Users.Get(ctx, "")
		var asked *github.TwoFactorAuthError
		if response == nil || response.StatusCode != 401 || !errors.As(err, &asked) {
			return "", fmt.Errorf("no TwoFactorAuthError: %v", err)
		}
		transport := &github.BasicAuthTransport{Username: env("OTP_LOGIN"), Password: env("OTP_PASSWORD"), OTP: env("OTP_CODE")}
		who, response, err := client(transport).Users.Get(ctx, "")
		return "TwoFactorAuthError without, 200 with", all(answered(200, response, err), equal(who.GetLogin(), env("OTP_LOGIN")))
	})
}

func main() {
	users()
	apps()
	administration()
	if failures > 0 {
		os.Exit(1)
	}
}
