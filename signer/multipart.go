package signer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"airlock"
	"airlock/signer/parts"
	"airlock/signer/presign"
)

type partsInput struct {
	ID   string `path:"id" doc:"Upload id"`
	Body struct {
		PartNumbers []int32 `json:"part_numbers" nullable:"false" doc:"From 1 to part_count" minItems:"1" maxItems:"100" example:"[1,2]"`
	}
}

type partsOutput struct{ Body partsAnswer }

type partsAnswer struct {
	Parts []signedPart `json:"parts" nullable:"false" doc:"In the order of the request"`
}

type signedPart struct {
	PartNumber int32     `json:"part_number" example:"1"`
	URL        string    `json:"url" doc:"Presigned for a PUT of exactly size bytes; a secret until it expires" example:"https://uploads.example/quarantine/image/0b0e4d5c-8a3f-4c1e-9d2b-6f1f0c1e2d3a?partNumber=1&X-Amz-Signature=..."`
	Size       int64     `json:"size" doc:"Bytes" example:"8388608"`
	ExpiresAt  time.Time `json:"expires_at" doc:"The PUT must start before"`
}

// moved is by how much a deadline must move on to be worth a write.
const moved = time.Hour

func (a *Handler) parts(ctx context.Context, in *partsInput) (*partsOutput, error) {
	signed, err := a.signParts(ctx, in.ID, in.Body.PartNumbers)
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	return &partsOutput{partsAnswer{signed}}, nil
}

func (a *Handler) signParts(ctx context.Context, id string, numbers []int32) (signed []signedPart, err error) {
	g, err := a.openMultipart(ctx, id)
	if err != nil {
		return nil, err
	}
	for i, n := range numbers {
		if g.PartBytes(int(n)) == 0 || slices.Contains(numbers[:i], n) {
			return nil, refuse("request_invalid", "part numbers must be different ones from 1 to %d; %d is not", g.PartCount(), n)
		}
	}
	if g, err = a.moveOn(ctx, g); err != nil {
		return nil, err
	}
	expires := min(a.Signer.Profiles[g.Profile].Expires, g.Deadline.Sub(a.Signer.now()).Truncate(time.Second))
	if expires <= 0 {
		return nil, errClosed
	}
	object := a.Signer.Quarantine.Object(g.Upload())
	for _, n := range numbers {
		size := g.PartBytes(int(n))
		to, err := a.Signer.Presign.PresignPart(ctx, presign.PartSpec{Object: object, UploadID: g.MultipartID, Number: n, Size: size, Expires: expires})
		if err != nil {
			return nil, fmt.Errorf("sign part %d of upload %s: %w", n, g.ID, err)
		}
		signed = append(signed, signedPart{PartNumber: n, URL: a.Signer.public(to.URL, object.Key), Size: size, ExpiresAt: to.ExpiresAt.UTC()})
	}
	return signed, nil
}

func (a *Handler) openMultipart(ctx context.Context, id string) (airlock.Grant, error) {
	g, err := a.openUpload(ctx, id)
	if err == nil && g.Method != airlock.MethodMultipart {
		err = refuse("method_not_allowed", "this upload was granted as %s; only multipart has parts", g.Method)
	}
	if err == nil && a.Signer.Multipart == nil {
		err = errors.New("this signer was built without multipart")
	}
	return g, err
}

// moveOn keeps the upload open for as long as parts are asked for, and its quota with it. It is stored
// before a URL goes out, so that no verdict comes while a part may.
func (a *Handler) moveOn(ctx context.Context, g airlock.Grant) (airlock.Grant, error) {
	end := airlock.MultipartDeadline(g.GrantedAt, a.Signer.now()).UTC().Truncate(time.Second)
	if end.Sub(g.Deadline) < moved {
		return g, nil
	}
	g, found, err := a.Store.UpdateGrant(ctx, g.ID, func(g *airlock.Grant) error {
		if g.Cancelled {
			return errCancelled
		}
		if end.After(g.Deadline) {
			g.Deadline, g.ExpiresAt = end, end
		}
		return nil
	})
	if err == nil && !found {
		err = errClosed
	}
	if err == nil && a.Signer.Quota != nil {
		err = a.Signer.Quota.Extend(ctx, g.Owner, holdOf(g))
	}
	return g, err
}

type completeInput struct {
	ID   string `path:"id" doc:"Upload id"`
	Body struct {
		Parts []clientPart `json:"parts,omitempty" nullable:"false" doc:"What each PUT of a part answered as ETag, with or without quotes; leave it out where the page cannot read that header, and S3's own list counts" maxItems:"10000"`
	}
}

type clientPart struct {
	PartNumber int32  `json:"part_number" example:"1"`
	ETag       string `json:"etag" example:"9b2cf535f27731c974343645a3985328"`
}

// complete puts the parts together, if they are what was promised, and looks for the verdict at once.
// It may be repeated.
func (a *Handler) complete(ctx context.Context, in *completeInput) (*getOutput, error) {
	g, err := a.openMultipart(ctx, in.ID)
	if err == nil {
		err = a.join(ctx, g, in.Body.Parts)
		if errors.Is(err, parts.ErrGone) || errors.Is(err, parts.ErrTaken) { // an earlier answer was lost, or it was cancelled meanwhile
			_, err = a.openUpload(ctx, in.ID)
		}
	}
	if err != nil && !errors.Is(err, errClosed) {
		return nil, a.answer(ctx, err)
	}
	if err := a.Store.Hint(in.ID); err != nil {
		a.log.WarnContext(ctx, "a hint was lost", "upload", in.ID, "error", err)
	}
	status, err := a.status(ctx, in.ID, func(string) bool { return true }, 0)
	if err != nil {
		return nil, a.answer(ctx, err)
	}
	return &getOutput{status}, nil
}

// join has S3 put g's object together. What the client says of the parts is compared, never believed.
func (a *Handler) join(ctx context.Context, g airlock.Grant, said []clientPart) error {
	object := a.Signer.Quarantine.Object(g.Upload())
	have, err := a.Signer.Multipart.List(ctx, object, g.MultipartID)
	if err != nil {
		return fmt.Errorf("complete upload %s: %w", g.ID, err)
	}
	if err := checkParts(g, have, said); err != nil {
		return err
	}
	err = a.Signer.Multipart.Complete(ctx, object, g.MultipartID, have, g.Size)
	if errors.Is(err, parts.ErrInvalid) {
		return refuse("request_invalid", "S3 does not take these parts; upload them again")
	}
	if err != nil {
		return fmt.Errorf("complete upload %s: %w", g.ID, err)
	}
	return nil
}

// checkParts tells what is wrong with the parts that S3 has, or with what the client says of them.
func checkParts(g airlock.Grant, have []parts.Part, said []clientPart) error {
	at := map[int32]parts.Part{}
	var sum int64
	for _, p := range have {
		if want := g.PartBytes(int(p.Number)); p.Size != want {
			return refuse("request_invalid", "part %d has %d bytes, and must have %d", p.Number, p.Size, want)
		}
		at[p.Number] = p
		sum += p.Size
	}
	for n := 1; n <= g.PartCount(); n++ {
		if _, ok := at[int32(n)]; !ok {
			return refuse("request_invalid", "part %d is missing: S3 has %d parts of %d", n, len(at), g.PartCount())
		}
	}
	if sum != g.Size {
		return refuse("size_invalid", "the parts have %d bytes together, and must have %d", sum, g.Size)
	}
	if len(said) == 0 {
		return nil
	}
	seen := map[int32]bool{}
	for _, p := range said {
		if have, ok := at[p.PartNumber]; !ok || seen[p.PartNumber] || strings.Trim(p.ETag, `"`) != have.ETag {
			return refuse("request_invalid", "part %d stands twice, is none, or has another ETag in S3: upload it again", p.PartNumber)
		}
		seen[p.PartNumber] = true
	}
	if len(seen) != len(at) {
		return refuse("request_invalid", "%d parts are named of %d", len(seen), len(at))
	}
	return nil
}
