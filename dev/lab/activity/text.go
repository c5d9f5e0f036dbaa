package activity

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"
)

var words = strings.Fields(`the a and so but then now later maybe please thanks hello yes no okay train coffee meeting report picture
garden weather dinner ticket morning evening weekend holiday music film book letter number street river mountain window kitchen table
see send read write call find bring make take need think know hope like good bad late early nice long short new old warm cold blue
green red small large first last next again always never often together tomorrow yesterday today monday friday june december`)

// say returns a sentence of n words.
func say(r *rand.Rand, n int) string {
	s := make([]string, max(n, 1))
	for i := range s {
		s[i] = words[r.IntN(len(words))]
	}
	return strings.ToUpper(s[0][:1]) + strings.Join(s, " ")[1:] + "."
}

// between returns a duration from lo to hi, evenly distributed.
func between(r *rand.Rand, lo, hi time.Duration) time.Duration {
	return lo + time.Duration(r.Int64N(int64(hi-lo)+1))
}

// noiseBytes returns n random bytes: the content of files and films, which is compressed or encrypted in real life.
func noiseBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// pause lets the user think.
func (u *User) pause(ctx context.Context, lo, hi time.Duration) error {
	return u.Clock.Sleep(ctx, between(u.Rand, lo, hi))
}
