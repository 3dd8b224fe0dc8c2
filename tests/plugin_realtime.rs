//! The plug-in's whole `process`, framework included, under a counting allocator: notes, sweeps, the factory pack's decodes
//! coming in, states loaded meanwhile. The plug-in is linked into this program, so that the guard sees what it does. Runs in debug
//! and in release.

use std::sync::atomic::{AtomicU64, Ordering};

use clack_host::prelude::PluginEntry;
use support::Random;
use support::bundles::with_another_pack;
use support::clap::TestHost;
use support::guard::{Guard, guarded};

#[global_allocator]
static GUARD: Guard = Guard;

/// Events of a crowded block: all 128 controllers and more of 16 channels.
const CROWD: u32 = 2100;

/// Peak that a sound has and silence has not.
const AUDIBLE: f32 = 0.01;

/// Allocations and frees of all guarded blocks of this program.
static COUNT: AtomicU64 = AtomicU64::new(0);

fn guard(body: &mut dyn FnMut()) {
    COUNT.fetch_add(guarded(body), Ordering::Relaxed);
}

fn linked() -> TestHost {
    // SAFETY: the entry is that of the plug-in crate, which this program is linked with.
    let entry = unsafe { PluginEntry::load_from_raw(&plugin::clap_entry, c"") }.expect("the entry is valid");
    TestHost::open(&entry, guard)
}

fn peak(samples: &[f32]) -> f32 {
    samples.iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

#[test]
fn process_neither_allocates_nor_frees() {
    let mut host = linked();
    let mut random = Random::new(11);
    host.play_until(60, 0.1, "the first decoded sound is heard", |samples| peak(samples) > AUDIBLE);
    let mut heard = 0.0_f32;
    let saved = host.save();
    let elsewhere = with_another_pack(&saved);
    for step in 0..600 {
        match random.below(6) {
            0 | 1 => host.note_on(36 + random.below(48) as u16),
            2 => host.note_off(36 + random.below(48) as u16),
            _ => {}
        }
        for id in ["z1", "z5", "pad_x", "pad_y", "morph", "stretch", "formant", "tilt", "attack", "gain"] {
            if random.below(4) == 0 {
                host.set(id, random.below(1000) as f64 / 1000.0);
            }
        }
        match step % 200 {
            50 => host.load(&saved),
            // The zones that were saved play in place of the pack.
            150 => host.load(&elsewhere),
            // More events than controllers and channels can give in one block.
            199 => (0..CROWD).for_each(|event| host.set("gain", f64::from(event) / f64::from(CROWD))),
            _ => {}
        }
        heard = heard.max(peak(&host.render(0.005)));
    }
    host.note_on(60);
    let (samples, loaded) = host.render_while_loading(2.0, &[saved, elsewhere]);
    assert!(loaded > 2, "{loaded} states were loaded while the audio thread processed");
    heard = heard.max(peak(&samples));
    assert!(heard > AUDIBLE, "decoded sounds were heard while the guard stood: peak {heard}");
    assert_eq!(COUNT.load(Ordering::Relaxed), 0, "allocations and frees in `process`");
    host.close();
}
