package s3front

import (
	"github.com/versity/versitygw/auth"
)

// accounts knows the users by access key. They are fixed; what would change them answers
// "not supported".
type accounts struct {
	auth.IAMServiceSingle
	byAccess map[string]auth.Account
}

func newAccounts(cfg Config) accounts {
	a := accounts{byAccess: make(map[string]auth.Account)}
	for _, u := range cfg.Users {
		a.byAccess[u.Access] = auth.Account{Access: u.Access, Secret: u.Secret, Role: auth.RoleUser}
	}
	a.byAccess[cfg.Root.Access] = auth.Account{Access: cfg.Root.Access, Secret: cfg.Root.Secret, Role: auth.RoleAdmin}
	return a
}

// GetUserAccount is asked on every request that root didn't sign.
func (a accounts) GetUserAccount(access string) (auth.Account, error) {
	account, ok := a.byAccess[access]
	if !ok {
		return auth.Account{}, auth.ErrNoSuchUser
	}
	return account, nil
}

// ResolveAccounts returns those principals of a new bucket policy that don't exist.
func (a accounts) ResolveAccounts(access []string) (missing []string, err error) {
	for _, key := range access {
		if _, ok := a.byAccess[key]; !ok {
			missing = append(missing, key)
		}
	}
	return missing, nil
}
