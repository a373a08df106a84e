package acceptance

import (
	"math/rand/v2"
	"testing"
)

// kills is how often the server is killed.
const kills = 20

// Killed at random moments under writes, the server equals the databases after
// each restart.
func TestKill(t *testing.T) {
	t.Parallel()
	s := newShop(t, 250)
	c := newChurn(t, s, 1)
	rng := rand.New(rand.NewPCG(2, 3))
	v := s.start(t) // the first kill may come during the first build
	for n := range kills {
		stop := c.start(t)
		c.waitWrites(t, rng.Int64N(150))
		v.Kill()
		c.waitWrites(t, rng.Int64N(50)) // while nobody listens
		v = s.start(t)
		if n%4 == 0 { // and once more, before or while it catches up
			c.waitWrites(t, rng.Int64N(20))
			v.Kill()
			v = s.start(t)
		}
		stop()
		s.mustEqual(t, v)
	}
	t.Logf("%d writes", c.count.Load())
}
