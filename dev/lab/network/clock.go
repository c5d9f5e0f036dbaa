package network

import (
	"context"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
)

// Clock is the time of a [World]: it starts at a chosen date and runs speed times as fast as the machine's own clock, so that two
// minutes of network life are recorded in thirty seconds. Everything that has an opinion about time (the TCP stacks, the links, the
// users, the recorder) asks the same Clock. WireGuard, QUIC and Go's own deadlines do not: they use the machine's clock.
//
// Clock implements gVisor's tcpip.Clock. It is safe for concurrent use.
type Clock struct {
	epoch   time.Time
	started time.Time
	speed   float64
}

// NewClock returns a clock that shows epoch now and runs speed (at least 1) times as fast as real time.
func NewClock(epoch time.Time, speed float64) *Clock {
	return &Clock{epoch: epoch, started: time.Now(), speed: max(speed, 1)}
}

// Elapsed is the simulated time since the clock was made.
func (c *Clock) Elapsed() time.Duration {
	return time.Duration(float64(time.Since(c.started)) * c.speed)
}

// Now implements tcpip.Clock: the simulated date.
func (c *Clock) Now() time.Time { return c.epoch.Add(c.Elapsed()) }

// NowMonotonic implements tcpip.Clock. It starts at one hour, because gVisor takes a zero reading for "never".
func (c *Clock) NowMonotonic() tcpip.MonotonicTime {
	return tcpip.MonotonicTime{}.Add(time.Hour + c.Elapsed())
}

// AfterFunc implements tcpip.Clock: f runs in its own goroutine after d of simulated time.
func (c *Clock) AfterFunc(d time.Duration, f func()) tcpip.Timer {
	return &timer{clock: c, real: time.AfterFunc(c.real(d), f)}
}

// Sleep waits for d of simulated time, or until ctx is done, whose error it then returns.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(c.real(d))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// real converts a simulated duration into one of the machine's clock.
func (c *Clock) real(d time.Duration) time.Duration {
	return time.Duration(float64(d) / c.speed)
}

// timer is a tcpip.Timer whose durations are simulated.
type timer struct {
	clock *Clock
	real  *time.Timer
}

// Stop implements tcpip.Timer.
func (t *timer) Stop() bool { return t.real.Stop() }

// Reset implements tcpip.Timer.
func (t *timer) Reset(d time.Duration) { t.real.Reset(t.clock.real(d)) }
