package s3front

import (
	"bytes"
	"encoding/xml"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v3"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/metrics"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/controllers"
	"github.com/versity/versitygw/s3err"
)

// A setting is a bucket configuration that is kept but does nothing: a document with a Put, a Get
// and a Delete, under a query parameter of its own.
type setting struct {
	query     string
	kept      *documents
	check     func(doc []byte) (keep []byte, err error)
	missing   s3err.APIError
	header    map[string]*string // of the answers to Put and Get
	put, get  auth.Action
	puts      string // the actions' names in metrics
	gets      string
	deletions string
}

// settings are those that the gateway itself answers with 501.
func (s *store) settings() []setting {
	size := "all_storage_classes_128K" // what AWS says of buckets that never chose
	return []setting{{
		query: "lifecycle", kept: s.lifecycles, check: checkLifecycle,
		missing: s3err.APIError{Code: "NoSuchLifecycleConfiguration", Description: "The lifecycle configuration does not exist", HTTPStatusCode: http.StatusNotFound},
		header:  map[string]*string{"x-amz-transition-default-minimum-object-size": &size},
		put:     auth.PutLifecycleConfigurationAction, get: auth.GetLifecycleConfigurationAction,
		puts: metrics.ActionPutBucketLifecycleConfiguration, gets: metrics.ActionGetBucketLifecycleConfiguration, deletions: metrics.ActionDeleteBucketLifecycle,
	}, {
		query: "publicAccessBlock", kept: s.accessBlocks, check: checkAccessBlock,
		missing: s3err.APIError{Code: "NoSuchPublicAccessBlockConfiguration", Description: "The public access block configuration was not found", HTTPStatusCode: http.StatusNotFound},
		put:     auth.PutBucketPublicAccessBlockAction, get: auth.GetBucketPublicAccessBlockAction,
		puts: metrics.ActionPutPublicAccessBlock, gets: metrics.ActionGetPublicAccessBlock, deletions: metrics.ActionDeletePublicAccessBlock,
	}}
}

// settingRoutes are the routes of one setting.
func (f *front) settingRoutes(s setting, signed []fiber.Handler) []s3api.Option {
	route := func(method, action string, do controllers.Controller) s3api.Option {
		mine := func(c fiber.Ctx) bool { return c.Request().URI().QueryArgs().Has(s.query) }
		return s3api.WithRoute(method, "/:bucket", only(mine, controllers.ProcessHandlers(do, action, &controllers.Services{}, signed...)))
	}
	return []s3api.Option{
		route(http.MethodPut, s.puts, func(c fiber.Ctx) (*controllers.Response, error) { return f.putSetting(c, s) }),
		route(http.MethodGet, s.gets, func(c fiber.Ctx) (*controllers.Response, error) { return f.getSetting(c, s) }),
		route(http.MethodDelete, s.deletions, func(c fiber.Ctx) (*controllers.Response, error) { return f.deleteSetting(c, s) }),
	}
}

func (f *front) putSetting(c fiber.Ctx, s setting) (*controllers.Response, error) {
	if err := f.authorize(c, "", s.put, auth.PermissionWrite); err != nil {
		return &controllers.Response{}, err
	}
	doc, err := s.check(bytes.Clone(c.BodyRaw()))
	if err != nil {
		return &controllers.Response{}, err
	}
	return &controllers.Response{Headers: s.header}, s.kept.set(strings.Clone(c.Params("bucket")), doc)
}

func (f *front) getSetting(c fiber.Ctx, s setting) (*controllers.Response, error) {
	if err := f.authorize(c, "", s.get, auth.PermissionRead); err != nil {
		return &controllers.Response{}, err
	}
	doc := s.kept.get(c.Params("bucket"))
	if doc == nil {
		return &controllers.Response{}, s.missing
	}
	c.Response().Header.SetContentType(fiber.MIMEApplicationXML)
	return &controllers.Response{Data: doc, Headers: s.header}, nil
}

func (f *front) deleteSetting(c fiber.Ctx, s setting) (*controllers.Response, error) {
	done := &controllers.Response{MetaOpts: &controllers.MetaOptions{Status: http.StatusNoContent}}
	if err := f.authorize(c, "", s.put, auth.PermissionWrite); err != nil {
		return done, err
	}
	return done, s.kept.set(strings.Clone(c.Params("bucket")), nil)
}

// An accessBlock is a public access block. Whoever leaves out a member means false.
type accessBlock struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ PublicAccessBlockConfiguration"`
	BlockPublicAcls       bool
	IgnorePublicAcls      bool
	BlockPublicPolicy     bool
	RestrictPublicBuckets bool
}

// blockAll is what AWS gives to every new bucket.
func blockAll() ([]byte, error) {
	return xml.Marshal(accessBlock{BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true, RestrictPublicBuckets: true})
}

func checkAccessBlock(doc []byte) ([]byte, error) {
	var b accessBlock
	if err := xml.Unmarshal(doc, &b); err != nil {
		return nil, s3err.GetAPIError(s3err.ErrMalformedXML)
	}
	return xml.Marshal(b)
}

// A lifecycle is as much of a lifecycle configuration as is checked.
type lifecycle struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ LifecycleConfiguration"`
	Rules   []struct {
		ID, Status string
		Prefix     *string // the old way to say Filter
		Filter     *struct{}
		Expiration *struct{ Days *int }
		Others     []struct{ XMLName xml.Name } `xml:",any"` // the other actions
	} `xml:"Rule"`
}

// checkLifecycle finds the mistakes that are easily made, with the codes of AWS
// (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html).
func checkLifecycle(doc []byte) ([]byte, error) {
	var l lifecycle
	if err := xml.Unmarshal(doc, &l); err != nil || len(l.Rules) == 0 || len(l.Rules) > 1000 {
		return nil, s3err.GetAPIError(s3err.ErrMalformedXML)
	}
	bad := func(code, description string) error {
		return s3err.APIError{Code: code, Description: description, HTTPStatusCode: http.StatusBadRequest}
	}
	seen := make(map[string]bool)
	for _, r := range l.Rules {
		switch {
		case r.Status != "Enabled" && r.Status != "Disabled", r.Filter == nil && r.Prefix == nil:
			return nil, s3err.GetAPIError(s3err.ErrMalformedXML)
		case r.Expiration == nil && len(r.Others) == 0:
			return nil, bad("InvalidRequest", "At least one action needs to be specified in a rule")
		case r.Expiration != nil && r.Expiration.Days != nil && *r.Expiration.Days < 1:
			return nil, bad("InvalidArgument", "'Days' for Expiration action must be a positive integer")
		case r.ID != "" && seen[r.ID]:
			return nil, bad("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
		}
		seen[r.ID] = true
	}
	return doc, nil
}
