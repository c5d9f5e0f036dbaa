package activity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/pcapmill/pcapmill/dev/lab/network"
)

// authority is a certification authority that lives as long as its world. Its keys come from the system's randomness: Go does
// not let a program choose them.
type authority struct {
	clock *network.Clock
	cert  *x509.Certificate
	key   *ecdsa.PrivateKey
	pool  *x509.CertPool

	mu     sync.Mutex
	serial int64
	leaves map[string]*tls.Certificate
}

func newAuthority(c *network.Clock) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("activity: authority: %w", err)
	}
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{Organization: []string{"pcapmill lab"}, CommonName: "pcapmill lab root"},
		NotBefore:    c.Now().Add(-24 * time.Hour), NotAfter: c.Now().Add(365 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("activity: authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("activity: authority: %w", err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &authority{clock: c, cert: cert, key: key, pool: pool, serial: 1, leaves: map[string]*tls.Certificate{}}, nil
}

// leaf returns the certificate of a server name, made on first use.
func (a *authority) leaf(name string) (*tls.Certificate, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.leaves[name]; c != nil {
		return c, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("activity: certificate of %s: %w", name, err)
	}
	a.serial++
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(a.serial),
		Subject:      pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: a.cert.NotBefore, NotAfter: a.clock.Now().Add(90 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, fmt.Errorf("activity: certificate of %s: %w", name, err)
	}
	c := &tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}
	a.leaves[name] = c
	return c, nil
}

// serverTLS is the configuration of any server: it has a certificate for every name it is asked for.
func (e *Env) serverTLS(protos ...string) *tls.Config {
	return &tls.Config{
		Time: e.Clock.Now, NextProtos: protos, MinVersion: tls.VersionTLS12,
		GetCertificate: func(h *tls.ClientHelloInfo) (*tls.Certificate, error) { return e.ca.leaf(h.ServerName) },
	}
}

// clientTLS is the configuration of a client that trusts the world's authority.
func (e *Env) clientTLS(name string, protos ...string) *tls.Config {
	return &tls.Config{Time: e.Clock.Now, RootCAs: e.ca.pool, ServerName: name, NextProtos: protos, MinVersion: tls.VersionTLS12}
}
