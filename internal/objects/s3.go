//go:build s3

package objects

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// Built reports whether the program has a client for object stores.
const Built = true

// sdk is a store by the SDK of AWS.
type sdk struct {
	c         *s3.Client
	payer     types.RequestPayer
	endpoint  string // "" is AWS
	anonymous bool

	atOnce, partLen int64 // what is put as one, and in how large parts the rest
}

// client is the one of this process: its settings come from the environment.
var client = sync.OnceValues(func() (store, error) { return newSDK(context.Background()) })

func connect(context.Context) (store, error) { return client() }

// attempts is how often a request is made that fails for a reason that may pass.
const attempts = 5

func newSDK(ctx context.Context) (*sdk, error) {
	transport := awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
		t.ResponseHeaderTimeout = time.Minute
		t.MaxIdleConnsPerHost = 64
	})
	cfg, err := config.LoadDefaultConfig(ctx, config.WithHTTPClient(transport), config.WithRetryer(func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.MaxAttempts, o.MaxBackoff = attempts, 5*time.Second
			o.RateLimiter = nobodyWaits{}
		})
	}))
	if err != nil {
		return nil, fmt.Errorf("the settings for object stores cannot be used: %w", err)
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	s := &sdk{atOnce: 64 << 20, partLen: 32 << 20}
	if cfg.BaseEndpoint != nil {
		s.endpoint = *cfg.BaseEndpoint
	}
	for _, name := range []string{"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"} {
		if s.endpoint == "" {
			s.endpoint = os.Getenv(name)
		}
	}
	if os.Getenv("AWS_REQUEST_PAYER") == "requester" {
		s.payer = types.RequestPayerRequester
	}
	switch strings.ToUpper(os.Getenv("AWS_NO_SIGN_REQUEST")) {
	case "YES", "TRUE", "1":
		s.anonymous = true
		cfg.Credentials = aws.AnonymousCredentials{}
	}
	s.c = s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = s.endpoint != "" // MinIO, Ceph and others have no name for each bucket
		// Ranges have no checksum of their own, and not all stores know those of AWS.
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.DisableLogOutputChecksumValidationSkipped = true
	})
	return s, nil
}

// nobodyWaits lets every request be tried again: the SDK's bucket of tokens would give up when
// many ranges fail at the same time.
type nobodyWaits struct{}

func (nobodyWaits) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (nobodyWaits) AddTokens(uint) error { return nil }

func (s *sdk) head(ctx context.Context, p Place, version string) (*Info, error) {
	in := &s3.HeadObjectInput{Bucket: &p.Bucket, Key: &p.Key, RequestPayer: s.payer, IfMatch: optional(version)}
	out, err := s.c.HeadObject(ctx, in)
	if err != nil {
		return nil, s.read(ctx, p, err)
	}
	info := &Info{Place: p, Bytes: aws.ToInt64(out.ContentLength), Changed: aws.ToTime(out.LastModified).UTC(), Tag: aws.ToString(out.ETag)}
	if version != "" && info.Tag != version { // of stores that know no If-Match
		return nil, ErrChanged
	}
	return info, nil
}

func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func (s *sdk) list(ctx context.Context, p Place, found func(*Info) bool) error {
	pages := s3.NewListObjectsV2Paginator(s.c, &s3.ListObjectsV2Input{Bucket: &p.Bucket, Prefix: optional(p.Key), RequestPayer: s.payer})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return s.why(ctx, p, err)
		}
		for _, o := range page.Contents {
			key := aws.ToString(o.Key)
			if !strings.HasPrefix(key, p.Key) {
				return fmt.Errorf("the store lists %.100q, which does not begin with %q", key, p.Key)
			}
			if !found(&Info{Place: Place{p.Bucket, key}, Bytes: aws.ToInt64(o.Size), Changed: aws.ToTime(o.LastModified).UTC(), Tag: aws.ToString(o.ETag)}) {
				return nil
			}
		}
	}
	return nil
}

func (s *sdk) get(ctx context.Context, p Place, version string, from, to int64) (io.ReadCloser, error) {
	part := fmt.Sprintf("bytes=%d-%d", from, to-1)
	out, err := s.c.GetObject(ctx, &s3.GetObjectInput{Bucket: &p.Bucket, Key: &p.Key, Range: &part, IfMatch: optional(version), RequestPayer: s.payer})
	if err != nil {
		return nil, s.read(ctx, p, err)
	}
	switch have := aws.ToString(out.ContentRange); {
	case aws.ToString(out.ETag) != version: // of stores that know no If-Match
		err = ErrChanged
	case !strings.HasPrefix(have, fmt.Sprintf("bytes %d-%d/", from, to-1)) && (from != 0 || aws.ToInt64(out.ContentLength) != to):
		err = &givenUp{fmt.Errorf("the store sent %q, need %s", have, part)}
	}
	if err != nil {
		return nil, errors.Join(err, out.Body.Close())
	}
	return out.Body, nil
}

// A store takes so many parts at most, each of at least 5 MiB but the last.
const mostParts = 10_000

func (s *sdk) put(ctx context.Context, p Place, from io.ReaderAt, size int64, once bool) error {
	var ifNone *string
	if once {
		ifNone = aws.String("*")
	}
	if size <= s.atOnce {
		_, err := s.c.PutObject(ctx, &s3.PutObjectInput{
			Bucket: &p.Bucket, Key: &p.Key, Body: io.NewSectionReader(from, 0, size), ContentLength: &size, IfNoneMatch: ifNone, RequestPayer: s.payer,
		})
		return s.written(ctx, p, err)
	}
	up, err := s.c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: &p.Bucket, Key: &p.Key, RequestPayer: s.payer})
	if err != nil {
		return s.written(ctx, p, err)
	}
	err = s.parts(ctx, p, aws.ToString(up.UploadId), from, size, ifNone)
	if err != nil {
		// What was sent costs until it is taken back, also when the caller was interrupted.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
		defer cancel()
		if _, e := s.c.AbortMultipartUpload(last, &s3.AbortMultipartUploadInput{Bucket: &p.Bucket, Key: &p.Key, UploadId: up.UploadId, RequestPayer: s.payer}); e != nil {
			err = fmt.Errorf("%w; and what was sent of it could not be taken back: abort its multipart upload", err)
		}
	}
	return err
}

// parts sends the parts of a large object, and puts it in place.
func (s *sdk) parts(ctx context.Context, p Place, id string, from io.ReaderAt, size int64, ifNone *string) error {
	length := max(s.partLen, (size+mostParts-1)/mostParts)
	var done []types.CompletedPart
	for at := int64(0); at < size; at += length {
		n := min(length, size-at)
		number := int32(len(done) + 1)
		out, err := s.c.UploadPart(ctx, &s3.UploadPartInput{
			Bucket: &p.Bucket, Key: &p.Key, UploadId: &id, PartNumber: &number, ContentLength: &n, Body: io.NewSectionReader(from, at, n), RequestPayer: s.payer,
		})
		if err != nil {
			return s.written(ctx, p, err)
		}
		done = append(done, types.CompletedPart{ETag: out.ETag, PartNumber: &number})
	}
	_, err := s.c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: &p.Bucket, Key: &p.Key, UploadId: &id, MultipartUpload: &types.CompletedMultipartUpload{Parts: done}, IfNoneMatch: ifNone, RequestPayer: s.payer,
	})
	return s.written(ctx, p, err)
}

// errCondition says that the object is not the one, or is one, that a condition named.
var errCondition = errors.New("a condition of the request does not hold")

// read is why for a request that names the version to read.
func (s *sdk) read(ctx context.Context, p Place, err error) error {
	if err = s.why(ctx, p, err); err == errCondition {
		return ErrChanged
	}
	return err
}

// written is why for a request that puts an object in place.
func (s *sdk) written(ctx context.Context, p Place, err error) error {
	if err = s.why(ctx, p, err); err == errCondition {
		return &failure{"there is such an object already", fs.ErrExist}
	}
	return err
}

// failure is why a request failed, for a person.
type failure struct {
	text string
	kind error // of package fs, or nil
}

func (e *failure) Error() string { return e.text }
func (e *failure) Unwrap() error { return e.kind }

// why explains an error of the SDK. No credential is in it.
func (s *sdk) why(ctx context.Context, p Place, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	at := "AWS"
	if s.endpoint != "" {
		at = s.endpoint
	}
	status, code, text := 0, "", ""
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		status = response.HTTPStatusCode()
	}
	var api smithy.APIError
	if errors.As(err, &api) {
		code, text = api.ErrorCode(), api.ErrorMessage()
	}
	switch {
	case code == "NoSuchBucket":
		return &failure{fmt.Sprintf("there is no bucket %q at %s", p.Bucket, at), fs.ErrNotExist}
	case code == "NoSuchKey" || status == http.StatusNotFound:
		return &failure{"there is no such object, or no such bucket", fs.ErrNotExist}
	case status == http.StatusPreconditionFailed || code == "PreconditionFailed" || code == "ConditionalRequestConflict":
		return errCondition
	case status == http.StatusMovedPermanently || status == http.StatusTemporaryRedirect || code == "AuthorizationHeaderMalformed":
		region := ""
		if response != nil && response.Response != nil {
			region = response.Response.Header.Get("X-Amz-Bucket-Region")
		}
		if region == "" {
			region = "its region"
		}
		return &givenUp{fmt.Errorf("the bucket is in another region: set AWS_REGION=%s", region)}
	case status == http.StatusForbidden || status == http.StatusUnauthorized || code == "InvalidAccessKeyId" || code == "SignatureDoesNotMatch" || code == "AccessDenied":
		how := "check the credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID, ~/.aws) and what they may do; AWS_REQUEST_PAYER=requester, if the bucket is one whose readers pay"
		if s.anonymous {
			how = "it was asked without credentials (AWS_NO_SIGN_REQUEST)"
		}
		return &failure{fmt.Sprintf("%s does not let these credentials do that%s: %s", at, because(code), how), fs.ErrPermission}
	case status == http.StatusRequestedRangeNotSatisfiable:
		return ErrChanged // it has become shorter
	case strings.Contains(err.Error(), "get credentials") || strings.Contains(err.Error(), "get identity"):
		return &failure{"no credentials were found: set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_NO_SIGN_REQUEST=YES for what is public", fs.ErrPermission}
	case status != 0:
		return &givenUp{fmt.Errorf("%s answered %d %s%s%s, %d times: try again later", at, status, http.StatusText(status), because(code), because(text), attempts)}
	}
	return &givenUp{fmt.Errorf("%s cannot be reached: %w", at, cause(err))}
}

func because(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

// cause is the innermost error that still says what happened, without the SDK's wrapping.
func cause(err error) error {
	for {
		inner := errors.Unwrap(err)
		if inner == nil || !strings.Contains(err.Error(), "operation error") && !strings.Contains(err.Error(), "exceeded maximum number of attempts") && !strings.Contains(err.Error(), "request send failed") {
			return err
		}
		err = inner
	}
}
