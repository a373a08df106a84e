package failpoint

import "testing"

// An armed point acts, a disarmed one and its neighbours do not.
func TestHit(t *testing.T) {
	hits := 0
	disarm := Arm("here", func() { hits++ })
	Hit("here")
	Hit("elsewhere")
	if hits != 1 {
		t.Fatalf("hits while armed: got %d, want 1", hits)
	}
	disarm()
	Hit("here")
	if hits != 1 {
		t.Fatalf("hits after disarming: got %d, want 1", hits)
	}
	if points.Load() != nil {
		t.Fatal("the table stays after the last point is disarmed")
	}
}

// A kill specification that makes no sense is refused.
func TestArmKillRefuses(t *testing.T) {
	for _, spec := range []string{"", "name", "name=", "name=0", "name=-1", "name=x"} {
		if err := ArmKill(spec); err == nil {
			t.Errorf("ArmKill(%q): got no error", spec)
		}
	}
}

func BenchmarkHitUnarmed(b *testing.B) {
	for b.Loop() {
		Hit("nothing")
	}
}
