package view

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// TestStrangersAreRefused: nobody is answered who does not know the token, or whom another
// site made ask; nothing of the dataset stands in the refusal.
func TestStrangersAreRefused(t *testing.T) {
	dir, _ := made(t, hostile, 20)
	r := serve(t, dir)
	without := func(q *http.Request) { q.Header.Del("Cookie") }
	cookie := func(value string) func(q *http.Request) {
		return func(q *http.Request) {
			without(q)
			q.AddCookie(&http.Cookie{Name: r.cookie, Value: value})
		}
	}
	header := func(key, value string) func(q *http.Request) {
		return func(q *http.Request) { q.Header.Set(key, value) }
	}
	host := func(name string) func(q *http.Request) { return func(q *http.Request) { q.Host = name } }
	_, port, err := net.SplitHostPort(r.host)
	if err != nil {
		t.Fatal(err)
	}
	wrong := "A"
	if r.token[0] == 'A' {
		wrong = "B"
	}
	for _, c := range []struct {
		what, method, path string
		change             func(q *http.Request)
		code               int
	}{
		{"no token", "GET", "/", without, 403},
		{"a wrong token", "GET", "/", cookie(wrong + r.token[1:]), 403},
		{"part of the token", "GET", "/", cookie(r.token[:len(r.token)-1]), 403},
		{"an empty token", "GET", "/", cookie(""), 403},
		{"a wrong token in the address", "GET", "/?token=x", without, 403},
		{"an empty token in the address", "GET", "/?token=", without, 403},
		{"the token at another page", "GET", "/sample/0?token=" + r.token, without, 403},
		{"the script without a token", "GET", "/script.js", without, 403},
		{"a name that leads here (rebinding)", "GET", "/", host("evil.example:" + port), 403},
		{"rebinding with the token", "GET", "/?token=" + r.token, host("evil.example:" + port), 403},
		{"the name of this machine", "GET", "/", host("localhost:" + port), 403},
		{"another port", "GET", "/", host("127.0.0.1:1"), 403},
		{"no port", "GET", "/", host("127.0.0.1"), 403},
		{"another origin", "GET", "/", header("Origin", "http://evil.example"), 403},
		{"an origin of this machine, another port", "GET", "/", header("Origin", "http://127.0.0.1:1"), 403},
		{"an origin that is none", "GET", "/", header("Origin", "null"), 403},
		{"another site", "GET", "/", header("Sec-Fetch-Site", "cross-site"), 403},
		{"another port of this machine", "GET", "/", header("Sec-Fetch-Site", "same-site"), 403},
		{"POST", "POST", "/", nil, 405},
		{"DELETE", "DELETE", "/sample/0", nil, 405},
		{"our own page", "GET", "/", header("Sec-Fetch-Site", "same-origin"), 200},
		{"our own origin", "GET", "/", header("Origin", r.base), 200},
		{"HEAD", "HEAD", "/", nil, 200},
	} {
		a, body := r.ask(t, c.method, c.path, c.change)
		if a.StatusCode != c.code {
			t.Errorf("%s: %d, need %d", c.what, a.StatusCode, c.code)
		}
		if c.code != 200 && (strings.Contains(body, "traffic") || strings.Contains(body, "plain") || strings.Contains(body, r.token)) {
			t.Errorf("%s: the refusal says %.200q", c.what, body)
		}
		if c.code != 200 && len(a.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: gets a cookie", c.what)
		}
		if a.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: others may read the answer", c.what)
		}
		for key, want := range map[string]string{
			"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
			"Cross-Origin-Resource-Policy": "same-origin",
		} {
			if have := a.Header.Get(key); have != want {
				t.Errorf("%s: %s is %q, need %q", c.what, key, have, want)
			}
		}
	}
}

// TestTheTokenLetsIn: it comes once in the address, then in a cookie that only this server
// gets, and stands on no page.
func TestTheTokenLetsIn(t *testing.T) {
	dir, _ := made(t, []string{"a", "b"}, 20)
	r := serve(t, dir)
	a, _ := r.ask(t, "GET", strings.TrimPrefix(r.enter, r.base), func(q *http.Request) { q.Header.Del("Cookie") })
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/" {
		t.Fatalf("%d to %q", a.StatusCode, a.Header.Get("Location"))
	}
	c := a.Cookies()
	if len(c) != 1 || c[0].Value != r.token || !c[0].HttpOnly || c[0].SameSite != http.SameSiteStrictMode || c[0].Path != "/" || c[0].Domain != "" {
		t.Fatalf("cookies %v", c)
	}
	r.wait(t)
	for _, path := range []string{"/", "/sample/0", "/findings", "/compare", "/report", "/style.css", "/script.js"} {
		a, body := r.ask(t, "GET", path, nil)
		if a.StatusCode != 200 || len(body) < 500 && path != "/findings" {
			t.Errorf("%s: %d, %d bytes", path, a.StatusCode, len(body))
		}
		if strings.Contains(body, r.token) {
			t.Errorf("%s has the token", path)
		}
	}
	other := serve(t, dir)
	if other.token == r.token || len(r.token) < 26 {
		t.Errorf("tokens %q and %q", r.token, other.token)
	}
}

// TestLoopbackOnly: the server listens on no other address.
func TestLoopbackOnly(t *testing.T) {
	l, err := Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if a, ok := l.Addr().(*net.TCPAddr); !ok || a.IP.String() != "127.0.0.1" {
		t.Errorf("it listens on %v", l.Addr())
	}
}

// TestOddPaths: only the pages are there, and what does not parse is a bad request by name.
func TestOddPaths(t *testing.T) {
	dir, _ := made(t, []string{"a", "b"}, 20)
	r := serve(t, dir)
	for _, path := range []string{
		"/x", "/sample/", "/sample/40", "/sample/-1", "/sample/1/", "/sample/0x1", "/sample/99999999999999999999", "/sample/../manifest.json", "/../manifest.json", "/manifest.json",
		"/sample/..%2fmanifest.json", "/%2e%2e/manifest.json", "/style.css/../../etc/passwd", "/sample/%31", "//etc/passwd", "/.", "/..",
	} {
		a, body := r.ask(t, "GET", path, nil)
		if path == "/sample/%31" { // the same address as /sample/1
			if a.StatusCode != 200 {
				t.Errorf("%s: %d", path, a.StatusCode)
			}
			continue
		}
		if a.StatusCode != 404 && a.StatusCode != 403 {
			t.Errorf("%s: %d", path, a.StatusCode)
		}
		if strings.Contains(body, "pcapmill dataset") || strings.Contains(body, "root:") {
			t.Errorf("%s: a file is served", path)
		}
	}
	for query, want := range map[string]string{
		"class=c": `no class "c"`, "side=left": `side cannot be "left"`, "min=x": `min cannot be "x"`, "value=256": `value cannot be "256"`, "page=-1": "page cannot be",
		"only=x": "only cannot be", "protocol=icmp": "protocol cannot be", "clas=a": `a part "clas" that is not known`, "class=a&class=b": "class stands twice", "finding=99": "finding",
	} {
		a, body := r.ask(t, "GET", "/?"+query, nil)
		if a.StatusCode != 400 || !strings.Contains(body, want) {
			t.Errorf("%s: %d %q, need %q", query, a.StatusCode, body, want)
		}
	}
	if a, body := r.ask(t, "GET", "/?page=1000000", nil); a.StatusCode != 200 || strings.Contains(body, ", here ") {
		t.Errorf("a page behind the last: %d", a.StatusCode)
	}
}

// TestHostileNames: names of classes and captures stay text on every page, and links with them
// lead where they say.
func TestHostileNames(t *testing.T) {
	dir, _ := made(t, hostile, 20)
	r := serve(t, dir)
	r.wait(t)
	links := map[string]bool{}
	for _, path := range []string{"/", "/sample/0", "/sample/25", "/findings", "/compare?a=" + url.QueryEscape(hostile[0]) + "&b=" + url.QueryEscape(hostile[1])} {
		a, body := r.ask(t, "GET", path, nil)
		if a.StatusCode != 200 {
			t.Fatalf("%s: %d %s", path, a.StatusCode, body)
		}
		root, err := html.Parse(strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(body, "\u202e") && strings.Contains(strings.ReplaceAll(body, `value="turned`+"\u202e", ""), "\u202e") {
			t.Errorf("%s shows a character that turns the direction of writing", path)
		}
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			for _, at := range n.Attr {
				switch {
				case strings.HasPrefix(at.Key, "on"), at.Key == "style":
					t.Errorf("%s: %s has %s", path, n.Data, at.Key)
				case at.Key == "src" && n.DataAtom == atom.Script && at.Val != "/script.js":
					t.Errorf("%s: a script from %s", path, at.Val)
				case at.Key == "src" && n.DataAtom == atom.Img && !strings.HasPrefix(at.Val, "data:image/png;base64,"):
					t.Errorf("%s: a picture from %.40s", path, at.Val)
				case at.Key == "href" && n.DataAtom == atom.A:
					if !strings.HasPrefix(at.Val, "/") && at.Val != "#main" || strings.HasPrefix(at.Val, "//") {
						t.Errorf("%s: a link to %s", path, at.Val)
					}
					links[at.Val] = true
				case at.Key == "type" && n.DataAtom == atom.Script && at.Val != "application/json":
					t.Errorf("%s: a script of type %s", path, at.Val)
				}
			}
			if n.DataAtom == atom.Script && n.FirstChild != nil && n.Attr[0].Val != "application/json" {
				t.Errorf("%s: a script in the page", path)
			}
		}
	}
	followed := 0
	for link := range links {
		if strings.HasPrefix(link, "/?") {
			followed++
			a, body := r.ask(t, "GET", link, nil)
			if a.StatusCode != 200 {
				t.Errorf("%s: %d %s", link, a.StatusCode, body)
			}
		}
	}
	if followed < len(hostile) {
		t.Errorf("only %d links followed", followed)
	}
}

// TestItEnds: Serve returns without an error when its context is done, audit or not.
func TestItEnds(t *testing.T) {
	dir, _ := made(t, []string{"a", "b"}, 20)
	ctx, stop := context.WithCancel(context.Background())
	s, err := Open(ctx, dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	l, err := Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	address := s.Address(l)
	stop()
	if err := s.Serve(ctx, l); err != nil {
		t.Errorf("%v", err)
	}
	if _, err := net.Dial("tcp4", l.Addr().String()); err == nil {
		t.Errorf("%s still listens", address)
	}
	if _, err := Open(ctx, dir, Options{}); err == nil {
		t.Error("a dataset is opened behind the end of the context")
	}
}

// TestFindings: samples of a finding are those that it is about.
func TestFindings(t *testing.T) {
	dir, samples := made(t, []string{"a", "b", "c"}, 400)
	r := serve(t, dir)
	a := r.wait(t)
	seen := map[string]bool{}
	for k, f := range a.findings {
		got := r.x.search(filter{class: -1, side: -1, proto: -1, finding: k, value: -1}, f)
		n := 0
		for i, x := range samples {
			is := false
			switch {
			case f.Position != nil: // byte 0: the class, but for equal ones
				counts := map[int]int{}
				for j, y := range samples {
					if y[*f.Position] == x[*f.Position] {
						counts[int(r.x.class[j])]++
					}
				}
				is = true
				for c, m := range counts {
					if own := counts[int(r.x.class[i])]; m > own || m == own && c < int(r.x.class[i]) {
						is = false
					}
				}
			case f.Kind == "across-sides":
				for j, y := range samples {
					is = is || r.x.side[i] == 2 && r.x.side[j] == 0 && string(x) == string(y)
				}
			case f.Kind == "conflict":
				is = x[0] == 8
			default:
				continue
			}
			if is {
				n++
			}
		}
		if f.Position != nil || f.Kind == "across-sides" || f.Kind == "conflict" {
			seen[f.Kind] = true
			if got.total != n {
				t.Errorf("%s: %d samples, need %d", f.Kind, got.total, n)
			}
		}
	}
	for _, kind := range []string{"one-byte", "across-sides", "conflict"} {
		if !seen[kind] {
			t.Errorf("the audit did not find %s: %v", kind, a.report.Verdict)
		}
	}
	_, body := r.ask(t, "GET", "/findings", nil)
	if !strings.Contains(body, "What its values say") || !strings.Contains(body, fmt.Sprintf("%d", len(samples)/5)) {
		t.Error("the page of findings has no table of values")
	}
}
