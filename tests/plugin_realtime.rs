//! The plug-in's whole `process`, framework included, under a counting allocator: notes, sweeps, the factory pack's decodes
//! coming in, states loaded meanwhile. The plug-in is linked into this program, so that the guard sees what it does. Runs in debug
//! and in release.

use std::sync::atomic::{AtomicU64, Ordering};

use clack_host::prelude::PluginEntry;
use support::Random;
use support::clap::Stage;
use support::guard::{Guard, guarded};

#[global_allocator]
static GUARD: Guard = Guard;

/// Allocations and frees of all guarded blocks of this program.
static COUNT: AtomicU64 = AtomicU64::new(0);

fn guard(body: &mut dyn FnMut()) {
    COUNT.fetch_add(guarded(body), Ordering::Relaxed);
}

fn linked() -> Stage {
    // SAFETY: the entry is that of the plug-in crate, which this program is linked with.
    let entry = unsafe { PluginEntry::load_from_raw(&plugin::clap_entry, c"") }.expect("the entry is valid");
    Stage::open(&entry, guard)
}

#[test]
fn process_neither_allocates_nor_frees() {
    let mut stage = linked();
    let mut random = Random::new(11);
    let mut heard = 0.0_f32;
    let saved = stage.save();
    for step in 0..600 {
        match random.below(6) {
            0 | 1 => stage.note_on(36 + random.below(48) as u16),
            2 => stage.note_off(36 + random.below(48) as u16),
            _ => {}
        }
        for id in ["z1", "z5", "pad_x", "pad_y", "morph", "stretch", "formant", "tilt", "attack", "gain"] {
            if random.below(4) == 0 {
                stage.set(id, random.below(1000) as f64 / 1000.0);
            }
        }
        if step % 150 == 149 {
            stage.load(&saved);
        }
        heard = stage.render(0.005).iter().fold(heard, |peak, sample| peak.max(sample.abs()));
    }
    assert!(heard > 0.01, "decoded sounds were heard while the guard stood: peak {heard}");
    assert_eq!(COUNT.load(Ordering::Relaxed), 0, "allocations and frees in `process`");
    stage.close();
}
