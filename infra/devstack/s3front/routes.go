package s3front

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v3"
	"github.com/google/uuid"
	"github.com/versity/versitygw/auth"
	"github.com/versity/versitygw/backend"
	"github.com/versity/versitygw/metrics"
	"github.com/versity/versitygw/s3api"
	"github.com/versity/versitygw/s3api/controllers"
	"github.com/versity/versitygw/s3api/middlewares"
	"github.com/versity/versitygw/s3api/utils"
	"github.com/versity/versitygw/s3err"
)

// A request is what the store wants to know of the HTTP request and the gateway doesn't pass on.
type request struct {
	id, hostID, ip, method string
	ifMatch, ifNoneMatch   *string
}

type requestKey struct{}

// requestOf returns the zero request for calls that come from no client.
func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

// A front adds routes before the gateway's own. Those don't get the gateway's preparations, so
// they make them themselves.
type front struct {
	store *store
	users accounts
	cfg   Config
}

// routes are what goes before versitygw's own routes.
func (s *store) routes(cfg Config, users accounts) []s3api.Option {
	f := &front{s, users, cfg}
	root := middlewares.RootUserConfig{Access: cfg.Root.Access, Secret: cfg.Root.Secret}
	signed := []fiber.Handler{
		f.prepare,
		middlewares.BucketObjectNameValidator(),
		middlewares.ApplyBucketCORS(s, middlewares.BucketFromPath, ""),
		middlewares.VerifyPresignedV4Signature(root, users, cfg.Region, false),
		middlewares.VerifyV4Signature(root, users, cfg.Region, false, true, false),
		middlewares.ParseAcl(s),
	}
	form := []fiber.Handler{
		f.prepare,
		middlewares.BucketObjectNameValidator(),
		middlewares.AuthorizePostObject(root, users, cfg.Region),
		middlewares.AuthorizePublicBucketAccess(s, metrics.ActionPostObject, auth.PutObjectAction, auth.PermissionWrite, cfg.Region, false),
		middlewares.ApplyBucketCORS(s, middlewares.BucketFromPath, ""),
		middlewares.ParseAcl(s),
		f.authorizeForm,
	}
	gateway := controllers.New(s, users, nil, nil, nil, false, false, "", 0)
	none := &controllers.Services{}
	options := []s3api.Option{
		s3api.WithRoute(http.MethodPut, "/:bucket", only(isNotification,
			controllers.ProcessHandlers(f.putNotification, metrics.ActionPutBucketNotificationConfiguration, none, signed...))),
		s3api.WithRoute(http.MethodGet, "/:bucket", only(isNotification,
			controllers.ProcessHandlers(f.getNotification, metrics.ActionGetBucketNotificationConfiguration, none, signed...))),
		s3api.WithRoute(http.MethodPost, "/:bucket", only(isForm,
			controllers.ProcessHandlers(gateway.POSTObject, metrics.ActionPostObject, none, form...))),
		s3api.WithMiddleware("/", controllers.WrapMiddleware(admit, nil, nil)),
	}
	for _, kind := range s.settings() {
		options = append(options, f.settingRoutes(kind, signed)...)
	}
	return options
}

// only leaves other requests to the next route.
func only(mine func(fiber.Ctx) bool, h fiber.Handler) fiber.Handler {
	return func(c fiber.Ctx) error {
		if !mine(c) {
			return c.Next()
		}
		return h(c)
	}
}

func isNotification(c fiber.Ctx) bool {
	return c.Request().URI().QueryArgs().Has("notification")
}

func isForm(c fiber.Ctx) bool {
	return strings.HasPrefix(c.Get("Content-Type"), "multipart/form-data") && !c.Request().URI().QueryArgs().Has("delete")
}

// admit looks at each request before the gateway does: it refuses odd keys and remembers what
// the store will want to know.
func admit(c fiber.Ctx) error {
	path, err := url.PathUnescape(string(c.Request().URI().PathOriginal()))
	if err != nil {
		return s3err.GetAPIError(s3err.ErrBadRequest)
	}
	_, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if err := checkKey(key); err != nil {
		return err
	}
	remember(c)
	return nil
}

func remember(c fiber.Ctx) {
	r := request{ip: c.IP(), method: c.Method()}
	r.id, r.hostID = utils.EnsureRequestIDs(c)
	r.ifMatch, r.ifNoneMatch = utils.ParsePreconditionMatchHeaders(c)
	c.Locals(requestKey{}, r)
}

// checkKey refuses keys that the file system would take for others, such as
// "quarantine/../clean/x". AWS takes them; airlock never makes them.
func checkKey(key string) error {
	segments := strings.Split(key, "/")
	for i, s := range segments {
		last := i == len(segments)-1 // "" there: a key that ends in a slash, or none at all
		if s == "." || s == ".." || s == "" && !last {
			return s3err.GetAPIError(s3err.ErrBadRequest)
		}
	}
	return nil
}

func checkSource(source string) error {
	_, key, _, err := backend.ParseCopySource(source)
	if err != nil {
		return err
	}
	return checkKey(key)
}

// prepare does for our routes what the gateway's own middlewares do for theirs.
func (f *front) prepare(c fiber.Ctx) error {
	remember(c)
	utils.ContextKeyRegion.Set(c, f.cfg.Region)
	utils.ContextKeyStartTime.Set(c, time.Now())
	utils.ContextKeyRootAccessKey.Set(c, f.cfg.Root.Access)
	utils.ContextKeyAccount.Set(c, auth.Account{})
	utils.ContextKeyIsRoot.Set(c, false)
	return nil
}

// authorize checks that the request's account may do something to the bucket, or to a key in it.
func (f *front) authorize(c fiber.Ctx, key string, action auth.Action, permission auth.Permission) error {
	return auth.VerifyAccess(c, f.store, auth.AccessOptions{
		Acl:             utils.ContextKeyParsedAcl.Get(c).(auth.ACL),
		AclPermission:   permission,
		IsRoot:          utils.ContextKeyIsRoot.Get(c).(bool),
		Acc:             utils.ContextKeyAccount.Get(c).(auth.Account),
		Bucket:          c.Params("bucket"),
		Object:          key,
		Actions:         []auth.Action{action},
		IsPublicRequest: utils.ContextKeyPublicBucket.IsSet(c),
		Iam:             f.users,
	})
}

// authorizeForm checks a form's key against the bucket policy. The gateway's own check knows no
// key, so that it refuses whoever may write below a prefix only: it is told that root asks.
func (f *front) authorizeForm(c fiber.Ctx) error {
	key := utils.ContextKeyObjectPostResult.Get(c).(middlewares.PostObjectResult).Fields["key"]
	if err := checkKey(key); err != nil {
		return err
	}
	if err := f.authorize(c, key, auth.PutObjectAction, auth.PermissionWrite); err != nil {
		return err
	}
	utils.ContextKeyIsRoot.Set(c, true)
	return nil
}

func (f *front) getNotification(c fiber.Ctx) (*controllers.Response, error) {
	if err := f.authorize(c, "", auth.GetBucketNotificationAction, auth.PermissionRead); err != nil {
		return &controllers.Response{}, err
	}
	return &controllers.Response{Data: f.store.rules.get(c.Params("bucket"))}, nil
}

func (f *front) putNotification(c fiber.Ctx) (*controllers.Response, error) {
	none := &controllers.Response{}
	if err := f.authorize(c, "", auth.PutBucketNotificationAction, auth.PermissionWrite); err != nil {
		return none, err
	}
	conf := new(configuration)
	if err := xml.Unmarshal(c.BodyRaw(), conf); err != nil {
		return none, s3err.GetAPIError(s3err.ErrMalformedXML)
	}
	bucket := strings.Clone(c.Params("bucket"))
	err := conf.check()
	for i := 0; i < len(conf.Queues) && err == nil; i++ {
		q := &conf.Queues[i]
		if q.ID == "" {
			q.ID = uuid.NewString()
		}
		if !strings.EqualFold(c.Get("X-Amz-Skip-Destination-Validation"), "true") {
			err = f.store.testEvent(c.RequestCtx(), bucket, q.Queue)
		}
	}
	if err != nil {
		return none, s3err.APIError{Code: "InvalidArgument", Description: err.Error(), HTTPStatusCode: http.StatusBadRequest}
	}
	return none, f.store.rules.set(bucket, conf)
}
