//! A peer of `cargo xtask bench`: what 32 sounding voices of another synthesizer cost. One thread.
//!
//! usage: bench_peers oxisynth|rustysynth SOUND_FONT
//!
//! Prints one line about the peer. Each line on standard input asks for a second of 32 notes; the answer is one line of JSON, a list
//! with one entry. Reverb and chorus are off.

use std::fs::File;
use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use oxisynth::{InterpolationMethod, MidiEvent};
use serde_json::{Value, json};

const SAMPLE_RATE_HZ: u32 = 48_000;
const BLOCK_SAMPLES: usize = 256;
/// The same keys as in `engine/examples/bench_voices.rs`.
const KEYS: std::ops::Range<u8> = 44..76;
const VELOCITY: u8 = 102;
const LENGTH_S: f64 = 1.0;
/// General MIDI's Trumpet. In FluidR3 its notes sound as long as they are held and are one voice each, as `fluidsynth_side.py`
/// checks: 32 notes are 32 voices.
const PROGRAM: u8 = 56;

/// A synthesizer under measurement.
trait Peer {
    fn about(&self) -> Value;
    fn note_on(&mut self, key: u8) -> Result<()>;
    /// Ends all notes at once.
    fn silence(&mut self) -> Result<()>;
    fn render(&mut self, left: &mut [f32], right: &mut [f32]);
}

struct OxiSynth(oxisynth::Synth);

impl OxiSynth {
    fn open(sound_font: &Path) -> Result<Self> {
        let settings = oxisynth::SynthDescriptor {
            reverb_active: false,
            chorus_active: false,
            interpolation: InterpolationMethod::FourthOrder,
            polyphony: KEYS.len() as u16,
            sample_rate: SAMPLE_RATE_HZ as f32,
            ..Default::default()
        };
        let mut synth = oxisynth::Synth::new(settings).context("OxiSynth refuses its settings")?;
        synth.add_font(oxisynth::SoundFont::load(&mut File::open(sound_font)?)?, true);
        synth.send_event(MidiEvent::ProgramChange { channel: 0, program_id: PROGRAM })?;
        Ok(Self(synth))
    }
}

impl Peer for OxiSynth {
    fn about(&self) -> Value {
        json!({ "name": "OxiSynth", "interpolation": "4-point" })
    }

    fn note_on(&mut self, key: u8) -> Result<()> {
        Ok(self.0.send_event(MidiEvent::NoteOn { channel: 0, key, vel: VELOCITY })?)
    }

    fn silence(&mut self) -> Result<()> {
        Ok(self.0.send_event(MidiEvent::AllSoundOff { channel: 0 })?)
    }

    fn render(&mut self, left: &mut [f32], right: &mut [f32]) {
        self.0.write_f32(left.len(), left, 0, 1, right, 0, 1);
    }
}

struct RustySynth(rustysynth::Synthesizer);

impl RustySynth {
    fn open(sound_font: &Path) -> Result<Self> {
        let font = Arc::new(rustysynth::SoundFont::new(&mut File::open(sound_font)?)?);
        let mut settings = rustysynth::SynthesizerSettings::new(SAMPLE_RATE_HZ as i32);
        settings.maximum_polyphony = KEYS.len();
        settings.enable_reverb_and_chorus = false;
        let mut synth = rustysynth::Synthesizer::new(&font, &settings)?;
        const PROGRAM_CHANGE: i32 = 0xC0;
        synth.process_midi_message(0, PROGRAM_CHANGE, i32::from(PROGRAM), 0);
        Ok(Self(synth))
    }
}

impl Peer for RustySynth {
    fn about(&self) -> Value {
        json!({ "name": "rustysynth", "interpolation": "linear" })
    }

    fn note_on(&mut self, key: u8) -> Result<()> {
        self.0.note_on(0, i32::from(key), i32::from(VELOCITY));
        Ok(())
    }

    fn silence(&mut self) -> Result<()> {
        self.0.note_off_all(true);
        Ok(())
    }

    fn render(&mut self, left: &mut [f32], right: &mut [f32]) {
        self.0.render(left, right);
    }
}

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [name, sound_font] = arguments.as_slice() else { bail!("usage: bench_peers oxisynth|rustysynth SOUND_FONT") };
    let sound_font = Path::new(sound_font);
    let mut peer: Box<dyn Peer> = match name.to_str() {
        Some("oxisynth") => Box::new(OxiSynth::open(sound_font)?),
        Some("rustysynth") => Box::new(RustySynth::open(sound_font)?),
        _ => bail!("there is no peer {}", name.display()),
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", peer.about())?;
    for line in std::io::stdin().lock().lines() {
        line?;
        writeln!(out, "{}", json!([{ "percent": percent_of_a_core(peer.as_mut())? }]))?;
        out.flush()?;
    }
    Ok(())
}

/// Plays all keys for a second and gives the time that rendering took, in percent of that second.
fn percent_of_a_core(peer: &mut dyn Peer) -> Result<f64> {
    KEYS.into_iter().try_for_each(|key| peer.note_on(key))?;
    let (mut left, mut right) = ([0.0_f32; BLOCK_SAMPLES], [0.0_f32; BLOCK_SAMPLES]);
    let blocks = (LENGTH_S * f64::from(SAMPLE_RATE_HZ)) as usize / BLOCK_SAMPLES;
    let started = Instant::now();
    for _ in 0..blocks {
        peer.render(&mut left, &mut right);
        std::hint::black_box((&left, &right));
    }
    let time_s = started.elapsed().as_secs_f64();
    ensure!(left.iter().any(|sample| *sample != 0.0), "the notes do not sound: nothing was measured");
    peer.silence()?;
    Ok(100.0 * time_s * f64::from(SAMPLE_RATE_HZ) / (blocks * BLOCK_SAMPLES) as f64)
}
