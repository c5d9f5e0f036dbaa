//go:build s3

package objects

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
)

// served is a client of a store in this process.
func served(t *testing.T, wrap func(http.Handler) http.Handler) *sdk {
	t.Helper()
	h := http.Handler(gofakes3.New(s3mem.New()).Server())
	if wrap != nil {
		h = wrap(h)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	for k, v := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "AKIDTEST", "AWS_SECRET_ACCESS_KEY": "SECRETKEY", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none", "AWS_PROFILE": "", "AWS_REGION": "",
	} {
		t.Setenv(k, v)
	}
	s, err := newSDK(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func bucket(t *testing.T, s *sdk) {
	t.Helper()
	if _, err := s.c.CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: aws.String("bkt")}); err != nil {
		t.Fatal(err)
	}
}

// TestParts: what is put in parts is put whole, and one that fails leaves nothing behind.
func TestParts(t *testing.T) {
	ctx := context.Background()
	bad, aborted := false, 0
	s := served(t, func(inner http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodDelete {
				aborted++
			}
			if bad && r.URL.Query().Get("partNumber") == "2" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			inner.ServeHTTP(w, r)
		})
	})
	bucket(t, s)
	s.atOnce, s.partLen = 6<<20, 5<<20
	want := randomBytes(13<<20 + 7)
	p := Place{"bkt", "a/b c+%/ü"}
	if err := s.put(ctx, p, bytes.NewReader(want), int64(len(want)), true); err != nil {
		t.Fatal(err)
	}
	info, err := s.head(ctx, p, "")
	if err != nil || info.Bytes != int64(len(want)) || info.Tag == "" || info.Changed.IsZero() {
		t.Fatalf("%+v, %v", info, err)
	}
	o := newObject(ctx, s, info)
	have, err := io.ReadAll(o)
	if err != nil || !bytes.Equal(have, want) {
		t.Errorf("%d bytes of %d, %v", len(have), len(want), err)
	}
	_ = o.Close()
	bad = true
	err = s.put(ctx, Place{"bkt", "bad"}, bytes.NewReader(want), int64(len(want)), false)
	if !errors.Is(err, fs.ErrPermission) || aborted != 1 {
		t.Errorf("%v, aborted %d times", err, aborted)
	}
	if _, err := s.head(ctx, Place{"bkt", "bad"}, ""); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is an object of an upload that failed: %v", err)
	}
}

// TestStoresThatKnowNoConditions: an object that is not the one that was seen is an error there too.
func TestStoresThatKnowNoConditions(t *testing.T) {
	ctx := context.Background()
	s := served(t, nil)
	bucket(t, s)
	p := Place{"bkt", "k"}
	put := func(text string) *Info {
		if err := s.put(ctx, p, strings.NewReader(text), int64(len(text)), false); err != nil {
			t.Fatal(err)
		}
		info, err := s.head(ctx, p, "")
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	old := put("first")
	put("other")
	if _, err := s.get(ctx, p, old.Tag, 1, 3); !errors.Is(err, ErrChanged) {
		t.Errorf("get: %v", err)
	}
	if _, err := s.head(ctx, p, old.Tag); !errors.Is(err, ErrChanged) {
		t.Errorf("head: %v", err)
	}
}

// TestSettings: where the client takes its settings from.
func TestSettings(t *testing.T) {
	var seen *http.Request
	note := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen = r; w.WriteHeader(http.StatusNotFound) })
	}
	ask := func(s *sdk) {
		seen = nil
		_, err := s.head(context.Background(), Place{"bkt", "k"}, "")
		if !errors.Is(err, fs.ErrNotExist) || seen == nil {
			t.Fatal(err)
		}
	}
	ask(served(t, note))
	if seen.URL.Path != "/bkt/k" || !strings.Contains(seen.Header.Get("Authorization"), "AKIDTEST") || seen.Header.Get("X-Amz-Request-Payer") != "" {
		t.Errorf("%s %v", seen.URL, seen.Header)
	}
	t.Setenv("AWS_REQUEST_PAYER", "requester")
	t.Setenv("AWS_NO_SIGN_REQUEST", "YES")
	ask(served(t, note))
	if seen.Header.Get("Authorization") != "" || seen.Header.Get("X-Amz-Request-Payer") != "requester" {
		t.Errorf("%v", seen.Header)
	}
}

// TestNoCredentials: a machine without any says how to give them, and soon.
func TestNoCredentials(t *testing.T) {
	served(t, nil)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	s, err := newSDK(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.head(context.Background(), Place{"bkt", "k"}, "")
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "no credentials were found") {
		t.Error(err)
	}
}
