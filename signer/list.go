package signer

import (
	"context"
	"mime"
	"strconv"
	"time"

	"airlock"
	"airlock/events"
	"airlock/signer/presign"
)

// mostListed is how many uploads one page holds.
const mostListed = 100

type listInput struct {
	State   string `query:"state" enum:"accepted,rejected,expired" doc:"Only those that ended so"`
	Profile string `query:"profile" doc:"Only those of this profile" example:"image"`
	Owner   string `query:"owner" doc:"Only this owner's; for callers whose own owner is *" example:"u-17"`
	Since   string `query:"since" doc:"A time (RFC 3339), or next of the page before; from the oldest by default" example:"2026-11-23T10:00:00Z"`
	Wait    string `query:"wait" doc:"If there is none, wait so long for one, at most 55s" example:"30s"`
}

type listOutput struct{ Body listAnswer }

type listAnswer struct {
	Uploads []Status `json:"uploads" nullable:"false" doc:"Those that have their verdict, in the order of the verdicts"`
	Next    string   `json:"next" doc:"Send it as since to go on from here" example:"1042"`
	More    bool     `json:"more" doc:"There is more to read now, even if this page is empty"`
}

func (a *Handler) list(ctx context.Context, in *listInput) (*listOutput, error) {
	caller := callerOf(ctx)
	wait, err := parseWait(in.Wait)
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	q := events.VerdictQuery{Owner: caller.Owner, Profile: in.Profile, Most: mostListed}
	switch {
	case in.Owner != "" && !caller.owns(in.Owner):
		return nil, a.answer(ctx, refuse("forbidden", "these credentials may not act for another owner"))
	case in.Owner != "":
		q.Owner = in.Owner
	}
	if in.Profile != "" && !airlock.ProfileName(in.Profile) {
		return nil, a.answer(ctx, refuse("profile_unknown", "there is no profile %.40q", in.Profile))
	}
	if in.State != "" {
		q.Types = []airlock.Result{airlock.Result(in.State)}
	}
	if q.After, q.Since, err = parseSince(in.Since); err != nil {
		return nil, a.answer(ctx, err)
	}
	page, err := a.feed.Page(ctx, q, wait)
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	out := listAnswer{Uploads: make([]Status, 0, len(page.Verdicts)), Next: strconv.FormatUint(page.Next, 10), More: page.More}
	for _, v := range page.Verdicts {
		out.Uploads = append(out.Uploads, endedStatus(v))
	}
	return &listOutput{out}, nil
}

func parseSince(s string) (after uint64, since time.Time, err error) {
	if s == "" {
		return 0, since, nil
	}
	if after, err = strconv.ParseUint(s, 10, 63); err == nil {
		return after, since, nil
	}
	if since, err = time.Parse(time.RFC3339, s); err != nil || since.Year() < 2000 || since.Year() > 2200 {
		return 0, since, refuse("request_invalid", "since must be a time such as 2026-11-23T10:00:00Z (RFC 3339), or next of an earlier answer")
	}
	return 0, since, nil
}

type downloadInput struct {
	ID          string `path:"id" doc:"Upload id"`
	UploadToken string `query:"upload_token" doc:"Instead of the Authorization header"`
}

type downloadOutput struct {
	Location string `header:"Location" doc:"Presigned; a secret for a minute"`
}

// downloadExpires is short: a browser follows at once.
const downloadExpires = time.Minute

// download sends the caller to the accepted object, under the name that the client gave it. Never by
// PublicURLBase: what strangers made is not served from the application's own origin.
func (a *Handler) download(ctx context.Context, in *downloadInput) (*downloadOutput, error) {
	owns, err := a.mayAsk(ctx, in.ID, in.UploadToken)
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	s, err := a.status(ctx, in.ID, owns, 0)
	switch {
	case err != nil:
		return nil, a.answer(ctx, err)
	case s.State == Pending:
		return nil, a.answer(ctx, refuse("not_found", "there is nothing to download yet: the upload has no verdict"))
	case s.Clean == nil:
		return nil, a.answer(ctx, refuse("upload_closed", "there is nothing to download: the upload is %s", s.State))
	}
	spec := presign.GetSpec{
		Object:      airlock.Object{Bucket: s.Clean.Bucket, Key: s.Clean.Key},
		Disposition: attachment(s.Filename), Expires: downloadExpires,
	}
	if s.Clean.VersionID != nil {
		spec.VersionID = *s.Clean.VersionID
	}
	to, err := a.Signer.Presign.PresignGet(ctx, spec)
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	return &downloadOutput{to.URL}, nil
}

// attachment is a Content-Disposition with a file name, in RFC 8187's form where it is not ASCII
// (RFC 6266).
func attachment(name string) string {
	if v := mime.FormatMediaType("attachment", map[string]string{"filename": name}); v != "" {
		return v
	}
	return "attachment"
}
