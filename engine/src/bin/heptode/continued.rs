//! Recordings that are continued: reading them, judging them, writing what is made of them block by block, telling the result. Main thread.

use engine::sample::read_channels;
use engine::texture::{
    CLASSES, Figures, Judgement, Piece, Reference, Seam, Source, Tap, TextureError, Weaver, Wish, best_take,
};
use serde_json::{Map, Value, json};

use crate::args::Continued;
use crate::failure::Failure;
use crate::output::{complain, noted, path_text};
use crate::watch::Watch;

/// The whole work, as progress is shown, and the share of it that comparing takes has.
const PERCENT: f64 = 100.0;
const TAKES_PART: f64 = 0.5;

/// A recording that was read, and what the user is told of it.
pub(crate) struct Given {
    pub(crate) source: Source,
    pub(crate) is_whole: bool,
    pub(crate) notes: Vec<String>,
    judgement: Judgement,
}

impl Given {
    /// Reads at most `look_s` seconds of the file. What is to be known of it before minutes are spent is told at once.
    pub(crate) fn read(args: &Continued, look_s: f64) -> Result<Self, Failure> {
        args.out.check(&[&args.file], 0)?;
        let read = read_channels(&args.file, look_s)?;
        let source = Source::new(read.samples, read.sample_rate_hz)
            .map_err(|error| Failure::failed(format!("cannot continue {}: {error}", path_text(&args.file))))?;
        let rate_hz = source.rate_hz();
        args.out.check(&[&args.file], rate_hz)?;
        args.out.check_length(wish(&source, args).samples as u64, source.channels().len() as u16, rate_hz)?;
        let judgement = Judgement::of(&source);
        let mut notes = read.notes;
        if let Some(warning) = judgement.warning() {
            if args.json { notes.push(warning) } else { complain(&warning) }
        }
        Ok(Self { source, is_whole: read.is_whole, notes, judgement })
    }

    /// Makes and writes what is asked for, by the best of several takes, and tells the result. `extends` says whether the recording itself
    /// is the beginning.
    pub(crate) fn weave(&self, args: &Continued, extends: bool) -> Result<(), Failure> {
        let command = if extends { "extend" } else { "texture" };
        let reference = Reference::of(&self.source);
        let mut watch = Watch::new(PERCENT as u64, "making, in percent");
        let about = |error| Failure::failed(format!("cannot {command} {}: {error}", path_text(&args.file)));
        let (wish, compared) = take(&reference, &wish(&self.source, args), extends, &mut watch, about)?;
        let weaver = if extends { Weaver::extend } else { Weaver::texture };
        let mut weaver = weaver(&self.source, &wish).map_err(about)?;
        let fades = if extends { swells(weaver.swells_s()) } else { fades(&self.source) };
        let mut tap = Tap::new(&reference, &wish, if extends { self.source.len() } else { 0 });
        let mut block = vec![Vec::new(); self.source.channels().len()];
        let mut peak = 0.0_f32;
        let written = args.out.write_blocks(block.len() as u16, self.source.rate_hz(), |interleaved| {
            watch.look(((compared + (1.0 - compared) * weaver.done()) * PERCENT) as u64)?;
            let is_more = weaver.next_block(&mut block);
            tap.take(&block);
            interleave(&mut block, interleaved);
            peak = interleaved.iter().fold(peak, |peak, sample| peak.max(sample.abs()));
            Ok(is_more)
        });
        watch.end();
        let notes = [self.notes.clone(), fades.into_iter().collect(), written?].concat();
        self.tell(args, command, &tap, Some(weaver.pieces()), (peak, notes), json!({ "name": "pieces" }))
    }

    /// Tells the result: its figures, the peak and remarks, and what the method has to say.
    pub(crate) fn tell(
        &self,
        args: &Continued,
        command: &str,
        tap: &Tap,
        pieces: Option<&[Piece]>,
        (peak, notes): (f32, Vec<String>),
        method: Value,
    ) -> Result<(), Failure> {
        let (rate_hz, wish) = (self.source.rate_hz(), wish(&self.source, args));
        let figures = tap.figures(pieces);
        let seconds = wish.samples as f64 / f64::from(rate_hz);
        let text = format!(
            "{}: {seconds:.3} s at {rate_hz} Hz, channels {}, peak {peak:.3}\n{}{}",
            args.out.text(),
            self.source.channels().len(),
            figures_text(&figures),
            noted(&notes)
        );
        let json = json!({
            "command": command, "file": path_text(&args.file), "out": args.out.text(), "seed": wish.seed, "loop": wish.looped, "method": method,
            "rate_hz": rate_hz, "channels": self.source.channels().len(), "samples": wish.samples, "seconds": seconds, "peak": peak,
            "source": { "samples": self.source.len(), "seconds": self.source.seconds() },
            "judgement": judgement_json(&self.judgement), "figures": figures_json(&figures), "pieces": pieces.map(<[Piece]>::len),
            "notes": notes,
        });
        args.out.report(args.json, &text, &json)
    }
}

/// The wish with the seed of the best take, and which part of the whole work is done then.
fn take(
    reference: &Reference,
    wish: &Wish,
    extends: bool,
    watch: &mut Watch,
    about: impl Fn(TextureError) -> Failure,
) -> Result<(Wish, f64), Failure> {
    let (mut compared, mut stopped) = (0.0, None);
    let best = best_take(reference, wish, extends, &mut |part| {
        compared = TAKES_PART * part;
        watch.look((compared * PERCENT) as u64).map_err(|failure| stopped = Some(failure)).is_ok()
    });
    match (best, stopped) {
        (_, Some(failure)) => Err(failure),
        (best, None) => Ok((best.map_err(about)?, compared)),
    }
}

/// What of the ends of a recording a texture leaves out, if anything.
fn fades(source: &Source) -> Option<String> {
    let seconds = |samples: usize| samples as f64 / f64::from(source.rate_hz());
    let (start_s, end_s) = (seconds(source.steady().start), seconds(source.len() - source.steady().end));
    (start_s + end_s > 0.0).then(|| {
        format!("it is quiet or fades for {start_s:.1} s at its beginning and {end_s:.1} s at its end: nothing is taken from there")
    })
}

/// What is done where a recording that goes on fades, if anything.
fn swells([rise_s, fall_s]: [f64; 2]) -> Option<String> {
    let rise = format!("the recording fades out: what follows rises again over {rise_s:.1} s");
    let fall = format!("it fades in: before the loop comes to it, the level falls over {fall_s:.1} s");
    match (rise_s > 0.0, fall_s > 0.0) {
        (true, true) => Some(format!("{rise}; {fall}")),
        (true, false) => Some(rise),
        (false, true) => {
            Some(format!("the recording fades in: before the loop comes to it, the level falls over {fall_s:.1} s"))
        }
        (false, false) => None,
    }
}

/// What is asked for, in samples.
pub(crate) fn wish(source: &Source, args: &Continued) -> Wish {
    let samples = (args.seconds * f64::from(source.rate_hz())).round() as usize;
    Wish { samples, seed: args.seed, looped: args.looped }
}

fn judgement_json(judgement: &Judgement) -> Value {
    json!({
        "drift_db": judgement.drift_db, "tonality": judgement.tonality, "pitch_change_bits": judgement.pitch_change_bits,
        "held_together": judgement.held_together, "peak_energy": judgement.peak_energy, "beat": judgement.beat, "warning": judgement.warning(),
    })
}

fn figures_json(figures: &Figures) -> Value {
    let by_class = |distances: &[f64; 6]| -> Map<String, Value> {
        CLASSES.iter().zip(distances).map(|(class, distance)| ((*class).to_owned(), json!(distance))).collect()
    };
    let [peak, peak_of_source] = figures.envelope_peaks;
    json!({
        "distance": by_class(&figures.distances), "distance_of_halves": by_class(&figures.halves), "distance_ratio": figures.ratio(),
        "envelope_peak": peak, "envelope_peak_of_source": peak_of_source, "longest_copy_s": figures.longest_copy_s,
        "channel_correlation_error": figures.channel_correlation_error, "channel_band_error": figures.channel_band_error,
        "channel_band_error_of_halves": figures.channel_band_error_of_halves,
        "seam_jump": figures.seam.map(|seam| seam.jump), "loop_jump": figures.loop_seam.map(|seam| seam.jump),
    })
}

fn figures_text(figures: &Figures) -> String {
    let [peak, peak_of_source] = figures.envelope_peaks;
    let mut text = match figures.ratio() {
        Some(ratio) => format!("statistics {ratio:.2} times as far from the recording as its halves from each other"),
        None => "statistics cannot be compared: the halves of the recording are the same".to_owned(),
    };
    text += &format!("; recurrence {peak:.2} (recording {peak_of_source:.2})\n");
    let mut add = |what: &str, value: Option<f64>, unit: &str| {
        text.extend(value.map(|value| format!("{what} {value:.2}{unit}\n")));
    };
    let jump = |seam: Option<Seam>| seam.map(|seam| seam.jump);
    add("longest copy", figures.longest_copy_s, " s");
    add("correlation of the channels off by at most", figures.channel_band_error, " in an octave");
    add("step at the seam", jump(figures.seam), " of the recording's own 95th percentile");
    add("step in the loop", jump(figures.loop_seam), " of the recording's own 95th percentile");
    text
}

/// Appends the samples of the channels in turn, and empties the channels.
fn interleave(channels: &mut [Vec<f32>], out: &mut Vec<f32>) {
    let frames = channels.first().map_or(0, Vec::len);
    out.extend((0..frames).flat_map(|frame| channels.iter().map(move |channel| channel[frame])));
    channels.iter_mut().for_each(Vec::clear);
}
