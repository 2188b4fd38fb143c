// Package doctor looks at everything around airlock, and tries out what no setting tells.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/nats-io/nats.go"

	"airlock"
	"airlock/signer"
	"airlock/surroundings"
	"airlock/validator"
)

// Doctor says what to look at. It leaves nothing behind but the event and the clean object of its
// round trip.
type Doctor struct {
	surroundings.Need
	S3, SQS        aws.Config // whose credentials may read the configuration of buckets and queue
	PathStyle      bool
	PublicEndpoint string // the store as clients see it; "": as S3 says
	Multipart      bool   // a profile takes uploads in parts, which may be open for [airlock.MultipartMost]
	Origin         string // that a browser would name; "": the first that CORS allows
	Connect        func() (*nats.Conn, error)

	Signer  *signer.Client  // for the round trip; nil: none
	Profile airlock.Profile // of the round trip

	Now func() time.Time // nil: time.Now
}

// The time that things may take, and how far clocks may differ.
const (
	readAll        = 30 * time.Second
	tryOut         = 10 * time.Second
	roundTripLimit = time.Minute
	// S3 refuses beyond 15 minutes. Long before, URLs are born old and times in events mislead.
	maxSkew = 30 * time.Second
)

// Run reports each finding as soon as it is there, in the order of the data. It blocks for some
// seconds, and at most for three minutes.
func (d Doctor) Run(ctx context.Context, report func(surroundings.Finding)) {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Quarantine.Overlaps(d.Clean) {
		report(surroundings.Zones(d.Need))
		return // nothing below would mean anything
	}
	report(d.clock(ctx))
	settings := d.read(ctx)
	failed := map[string]bool{}
	for _, f := range surroundings.Judge(d.Need, settings) {
		failed[f.Check] = f.State == surroundings.Fail
		report(f)
	}
	if settings.Quarantine.Err == nil && settings.Clean.Err == nil {
		reached := d.public(ctx)
		report(reached)
		switch {
		case reached.State == surroundings.Fail:
			report(found("preflight", surroundings.Skip, "see public-endpoint", ""))
		case failed["cors"]:
			report(found("preflight", surroundings.Skip, "see cors", ""))
		default:
			report(d.preflight(ctx, settings.Quarantine))
		}
		report(d.conditions(ctx))
	}
	for _, f := range d.nats(ctx, settings.DLQ.Retention) {
		report(f)
	}
	report(d.roundTrip(ctx))
}

func (d Doctor) read(ctx context.Context) surroundings.Settings {
	ctx, cancel := context.WithTimeout(ctx, readAll)
	defer cancel()
	return surroundings.Read(ctx, s3.NewFromConfig(d.S3, func(o *s3.Options) { o.UsePathStyle = d.PathStyle }), sqs.NewFromConfig(d.SQS), d.Places)
}

// conditions lets the validator's own probe try the store.
func (d Doctor) conditions(ctx context.Context) surroundings.Finding {
	const check = "conditions"
	ctx, cancel := context.WithTimeout(ctx, readAll)
	defer cancel()
	c, err := validator.NewS3(d.S3, d.PathStyle).Probe(ctx, d.Clean)
	switch {
	case denied(err):
		return found(check, surroundings.Skip, "these credentials may not write below "+d.Clean.Prefix+"; run it with those of the validator", "")
	case err != nil:
		return unknown(check, err)
	case !c.CopySource:
		return found(check, surroundings.Fail, "the store ignores the source condition on CopyObject: what was judged could not be pinned",
			"use a store that honours it; airlock doctor --probe shows all that this one can")
	case !c.CopyDestination:
		return good(check, "the store copies over what is there: each attempt gets a clean key of its own")
	case !c.PutOnce:
		return good(check, "the store takes a PUT twice: what was copied is judged once more")
	case !c.ConditionalDelete:
		return good(check, "copies are pinned; deletes are plain, for which there is a fall-back")
	}
	return good(check, "copies and deletes are pinned to what was judged")
}

func denied(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && (api.ErrorCode() == "AccessDenied" || api.ErrorCode() == "Forbidden")
}

func found(check string, state surroundings.State, detail, fix string) surroundings.Finding {
	return surroundings.Finding{Check: check, State: state, Detail: detail, Fix: fix}
}

func good(check, format string, a ...any) surroundings.Finding {
	return found(check, surroundings.OK, fmt.Sprintf(format, a...), "")
}

func unknown(check string, err error) surroundings.Finding {
	return found(check, surroundings.Fail, err.Error(), "see what answers there, and run this again")
}

// httpClient asks as a browser or curl would, and follows nothing.
func httpClient() *http.Client {
	return &http.Client{
		Timeout: tryOut, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
