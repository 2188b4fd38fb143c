package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"airlock/config"
	"airlock/internal/awsconf"
	"airlock/signer"
	"airlock/signer/parts"
	"airlock/signer/presign"
	"airlock/signer/quota"
)

type signerCommand struct {
	configFlag
	zoneFlags
	natsFlags
	logFlags
	Listen           string   `default:"127.0.0.1:8080" help:"Address of the API."`
	MetricsListen    string   `placeholder:"ADDR" help:"Address of /metrics, /livez and /readyz; none by default."`
	PublicS3Endpoint string   `name:"public-s3-endpoint" env:"AIRLOCK_PUBLIC_S3_ENDPOINT" placeholder:"URL" help:"The store's address as clients see it, which URLs are signed for; default AWS's own or AWS_ENDPOINT_URL."`
	PublicURLBase    string   `name:"public-url-base" env:"AIRLOCK_PUBLIC_URL_BASE" placeholder:"URL" help:"Takes the place of all before the key in upload URLs, after signing: a proxy's address that restores host and path."`
	CORSOrigin       []string `name:"cors-origin" env:"AIRLOCK_CORS_ORIGIN" placeholder:"ORIGIN" help:"Whose pages may call this API from a browser, such as https://app.example; several with commas."`
	TokenKeyFile     string   `placeholder:"FILE" help:"32 bytes, as hex or base64, that seal upload tokens; default a key shared through NATS."`
	InsecureNoAuth   bool     `help:"Let everybody sign, as owner anonymous. For development."`
	DemoPage         bool     `help:"Serve a page at / that uploads a file."`
}

// Run serves until ctx ends.
func (c *signerCommand) Run(ctx context.Context, s streams) error {
	log := c.logger(s.err)
	quarantine, clean, err := c.zones()
	if err != nil {
		return err
	}
	cfg, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	who, err := authority(cfg.Auth, c.InsecureNoAuth, log)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", errConfig, c.Config, err)
	}
	if c.InsecureNoAuth {
		log.Warn("anybody who reaches this signer may sign: it was started with --insecure-no-auth")
	}
	awsCfg, err := awsconf.Load(ctx, 16)
	if err != nil {
		return fmt.Errorf("%w: %w", errConfig, err)
	}
	nc, store, err := c.open(ctx, "signer", c.QuarantineBucket, log)
	if err != nil {
		return err
	}
	defer nc.Close()
	key, err := tokenKey(ctx, c.TokenKeyFile, store)
	if err != nil {
		return err
	}
	reg := registry()
	return c.serve(ctx, reg, &signer.Handler{
		Signer: &signer.Signer{
			Profiles: cfg.Profiles, Quarantine: quarantine, Clean: clean, Grants: store, TokenKey: key,
			Presign:   &presign.S3{Config: awsCfg, Endpoint: c.PublicS3Endpoint, PathStyle: c.PathStyle},
			Multipart: parts.New(awsCfg, c.PathStyle), Approver: who.approver,
			Quota: quotas(cfg.Quotas, store), PublicURLBase: c.PublicURLBase,
		},
		Store: store, Authorizer: who.authorizers, Origins: c.CORSOrigin, DemoPage: c.DemoPage,
		Log: log, Version: version(), Metrics: signer.NewMetrics(reg),
	})
}

// check finds what cannot be meant, before anything is connected.
func (c *signerCommand) check() error {
	if c.PublicURLBase != "" {
		if err := signer.CheckURLBase(c.PublicURLBase); err != nil {
			return fmt.Errorf("%w: --public-url-base: %w", errConfig, err)
		}
	}
	for _, o := range c.CORSOrigin {
		if u, err := url.Parse(o); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.Contains(o, "*") || u.Scheme+"://"+u.Host != o {
			return fmt.Errorf("%w: --cors-origin: %q is no origin: want https://host[:port], without a path and without *", errConfig, o)
		}
	}
	return nil
}

// quotas is nil where nothing is limited.
func quotas(q config.Quotas, records quota.Records) signer.Quota {
	if q == (config.Quotas{}) {
		return nil
	}
	return &quota.Book{Records: records, Limits: quota.Limits(q.PerOwner)}
}

func (c *signerCommand) serve(ctx context.Context, reg *prometheus.Registry, api *signer.Handler) error {
	main, err := listen(ctx, c.Listen, api, api.Log)
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	if c.MetricsListen != "" {
		ops, err := listen(ctx, c.MetricsListen, operations(reg, api.Store.Ping, api.Log), api.Log)
		if err != nil {
			return err
		}
		api.Log.Info("metrics are served", "address", ops.addr())
		group.Go(func() error { return ops.serve(ctx) })
	}
	api.Log.Info("the signer serves", "address", main.addr(), "profiles", len(api.Signer.Profiles))
	group.Go(func() error { api.Run(ctx); return nil })
	group.Go(func() error { return main.serve(ctx) })
	return group.Wait()
}
