package config

import "go.yaml.in/yaml/v3"

// auth reads who may use the profiles.
func (r *reader) auth(n *yaml.Node, path string, into *Auth) {
	r.mapping(n, path, fields{
		"tokens_file": r.text(&into.TokensFile),
		"oidc": func(n *yaml.Node, path string) {
			o := &OIDC{}
			into.OIDC = o
			r.mapping(n, path, fields{
				"issuer": r.text(&o.Issuer), "audience": r.text(&o.Audience),
				"owner_claim": r.text(&o.OwnerClaim), "profiles_claim": r.text(&o.ProfilesClaim),
			})
			r.need(n, path+".issuer", o.Issuer, "say whose tokens are believed, such as https://login.example.org")
			r.need(n, path+".audience", o.Audience, "without it, a token made for anybody would do")
		},
		"webhook": func(n *yaml.Node, path string) {
			w := &Webhook{}
			into.Webhook = w
			r.mapping(n, path, fields{
				"url": r.text(&w.URL), "secret_file": r.text(&w.SecretFile), "timeout": r.duration(&w.Timeout),
				"allow_private": r.boolean(&w.AllowPrivate),
				"headers": func(n *yaml.Node, path string) {
					w.Headers = []string{} // an empty list is none, not the default
					r.texts(&w.Headers)(n, path)
				},
			})
			r.need(n, path+".url", w.URL, "say where the application answers")
			r.need(n, path+".secret_file", w.SecretFile, "without it, the application could not tell who asks")
		},
	})
}

// perOwner reads limits; none is 0.
func (r *reader) perOwner(n *yaml.Node, path string, into *PerOwner) {
	r.mapping(n, path, fields{
		"open_uploads": r.integer(&into.OpenUploads), "open_bytes": r.size(&into.OpenBytes, 0), "grants_per_minute": r.integer(&into.GrantsPerMinute),
	})
	for key, v := range map[string]int64{"open_uploads": into.OpenUploads, "grants_per_minute": into.GrantsPerMinute} {
		if at := join(path, key); v < 0 {
			r.fault(r.line(at, n), at, "must not be negative; 0 is no limit")
		}
	}
	if at := join(path, "open_uploads"); into.OpenUploads > maxOpenUploads {
		r.fault(r.line(at, n), at, "is more than %d: all open uploads of an owner are one record in NATS, which takes 1 MiB", maxOpenUploads)
	}
}

// need makes a fault of a value that is missing, unless one was told already.
func (r *reader) need(n *yaml.Node, path, value, why string) {
	if value == "" && !r.faulty(path) {
		r.fault(r.line(path, n), path, "is missing: %s", why)
	}
}
