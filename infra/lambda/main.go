// The signer as an AWS Lambda function behind a function URL: an example, built in CI and not deployed.
//
//	GOOS=linux GOARCH=arm64 go build -o bootstrap ./infra/lambda    # runtime provided.al2023
//
// It needs a function URL with invoke mode RESPONSE_STREAM (AWS Lambda developer guide, "Response
// streaming"), NATS within reach, airlock.yaml and tokens.txt in the package, and the environment
// AIRLOCK_NATS_URL, AIRLOCK_QUARANTINE_BUCKET and AIRLOCK_CLEAN_BUCKET. The function's role needs what
// package signer says.
//
// Between two requests Lambda freezes the process: what the handler hears of verdicts it hears while a
// request is under way, so that long polls work, and quotas are given back by the next request at the
// latest. A long poll costs its whole time: 10 s is a good wait here.
package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdaurl"

	"airlock"
	"airlock/config"
	"airlock/events"
	"airlock/internal/awsconf"
	"airlock/signer"
	"airlock/signer/parts"
	"airlock/signer/presign"
	"airlock/signer/quota"
)

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	handler, err := build(context.Background(), log)
	if err != nil {
		log.Error("the signer does not start", "error", err)
		os.Exit(1)
	}
	go handler.Run(context.Background()) // as long as the process
	lambdaurl.Start(handler)
}

func build(ctx context.Context, log *slog.Logger) (*signer.Handler, error) {
	cfg, err := config.Load("airlock.yaml")
	if err != nil {
		return nil, err
	}
	tokens, err := signer.ReadTokens(cfg.Auth.TokensFile)
	if err != nil {
		return nil, err
	}
	aws, err := awsconf.Load(ctx, 16)
	if err != nil {
		return nil, err
	}
	quarantine := airlock.Zone{Bucket: os.Getenv("AIRLOCK_QUARANTINE_BUCKET"), Prefix: "quarantine/"}
	nc, err := events.Connect(events.ConnectOptions{URL: os.Getenv("AIRLOCK_NATS_URL"), Name: "airlock signer (Lambda)", Log: log})
	if err != nil {
		return nil, err
	}
	store, err := events.Open(ctx, nc, quarantine.Bucket)
	if err != nil {
		return nil, err
	}
	key, err := store.SharedSecret(ctx, "token-key", signer.NewTokenKey())
	if err != nil {
		return nil, err
	}
	handler := &signer.Handler{
		Signer: &signer.Signer{
			Profiles: cfg.Profiles, Quarantine: quarantine, Clean: airlock.Zone{Bucket: os.Getenv("AIRLOCK_CLEAN_BUCKET"), Prefix: "clean/"},
			Presign: &presign.S3{Config: aws}, Multipart: parts.New(aws, false), Grants: store, TokenKey: key,
		},
		Store: store, Authorizer: tokens, Log: log,
	}
	if cfg.Quotas != (config.Quotas{}) {
		handler.Signer.Quota = &quota.Book{Records: store, Limits: quota.Limits(cfg.Quotas.PerOwner)}
	}
	return handler, nil
}
