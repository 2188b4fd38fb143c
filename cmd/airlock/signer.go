package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"airlock/config"
	"airlock/events"
	"airlock/internal/awsconf"
	"airlock/signer"
	"airlock/signer/parts"
	"airlock/signer/presign"
)

type signerCommand struct {
	configFlag
	zoneFlags
	natsFlags
	logFlags
	Listen           string `default:"127.0.0.1:8080" help:"Address of the API."`
	MetricsListen    string `placeholder:"ADDR" help:"Address of /metrics, /livez and /readyz; none by default."`
	PublicS3Endpoint string `name:"public-s3-endpoint" env:"AIRLOCK_PUBLIC_S3_ENDPOINT" placeholder:"URL" help:"The store's address as clients see it, which URLs are signed for; default AWS's own or AWS_ENDPOINT_URL."`
	TokenKeyFile     string `placeholder:"FILE" help:"32 bytes, as hex or base64, that seal upload tokens; default a key shared through NATS."`
	InsecureNoAuth   bool   `help:"Let everybody sign, as owner anonymous. For development."`
	DemoPage         bool   `help:"Serve a page at / that uploads a file."`
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
	authorizer, err := c.authorizer(cfg)
	if err != nil {
		return err
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
	key, err := c.tokenKey(ctx, store)
	if err != nil {
		return err
	}
	reg := registry()
	return c.serve(ctx, reg, &signer.Handler{
		Signer: &signer.Signer{
			Profiles: cfg.Profiles, Quarantine: quarantine, Clean: clean, Grants: store, TokenKey: key,
			Presign:   &presign.S3{Config: awsCfg, Endpoint: c.PublicS3Endpoint, PathStyle: c.PathStyle},
			Multipart: parts.New(awsCfg, c.PathStyle),
		},
		Store: store, Authorizer: authorizer, DemoPage: c.DemoPage,
		Log: log, Version: version(), Metrics: signer.NewMetrics(reg),
	})
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

func (c *signerCommand) authorizer(cfg config.Config) (signer.Authorizer, error) {
	switch {
	case c.InsecureNoAuth && cfg.Auth.TokensFile != "":
		return nil, fmt.Errorf("%w: %s says who may sign, and --insecure-no-auth lets everybody: drop one of them", errConfig, c.Config)
	case c.InsecureNoAuth:
		return signer.Anonymous{Owner: "anonymous", Profiles: []string{"*"}}, nil
	case cfg.Auth.TokensFile == "":
		return nil, fmt.Errorf("%w: %s names no way to authenticate: set auth.tokens_file, or give --insecure-no-auth for development", errConfig, c.Config)
	}
	tokens, err := signer.ReadTokens(cfg.Auth.TokensFile)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errConfig, err)
	}
	return tokens, nil
}

func (c *signerCommand) tokenKey(ctx context.Context, store *events.Store) ([]byte, error) {
	if c.TokenKeyFile == "" {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return store.SharedSecret(ctx, "token-key", signer.NewTokenKey())
	}
	data, err := os.ReadFile(c.TokenKeyFile)
	if err != nil {
		return nil, fmt.Errorf("%w: read token key: %w", errConfig, err)
	}
	key, err := decodeKey(strings.TrimSpace(string(data)))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errConfig, c.TokenKeyFile, err)
	}
	return key, nil
}

func decodeKey(text string) ([]byte, error) {
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString} {
		if key, err := decode(text); err == nil && len(key) == 32 {
			return key, nil
		}
	}
	return nil, errors.New("want 32 bytes as hex or base64; make one with: openssl rand -hex 32")
}
