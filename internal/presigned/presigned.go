// Package presigned keeps presigned URLs out of what people read: whoever has one may use it
// (SECURITY LOG-1).
package presigned

import (
	"errors"
	"fmt"
	"net/url"
)

// WithoutURL drops the URL that net/http puts into its errors; other errors stay as they are.
func WithoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return fmt.Errorf("%s: %w", u.Op, u.Err)
	}
	return err
}
