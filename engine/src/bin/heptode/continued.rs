//! Recordings that are continued: reading them, judging them, writing what is made of them block by block, telling the result. Main thread.

use engine::sample::read_channels;
use engine::texture::{CLASSES, Figures, Judgement, Piece, Seam, Source, Tap, Weaver, Wish};
use serde_json::{Map, Value, json};

use crate::args::Continued;
use crate::failure::Failure;
use crate::output::{complain, noted, path_text};
use crate::watch::Watch;

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

    /// Writes what the weaver makes, and tells the result.
    pub(crate) fn weave(&self, args: &Continued, command: &str, mut weaver: Weaver) -> Result<(), Failure> {
        let wish = wish(&self.source, args);
        let own = if command == "extend" { self.source.len() } else { 0 };
        let mut tap = Tap::new(&self.source, &wish, own);
        let mut watch = Watch::new(args.seconds as u64, "making, in seconds");
        let mut block = vec![Vec::new(); self.source.channels().len()];
        let mut peak = 0.0_f32;
        let written = args.out.write_blocks(block.len() as u16, self.source.rate_hz(), |interleaved| {
            watch.look((weaver.done() * args.seconds) as u64)?;
            let is_more = weaver.next_block(&mut block);
            tap.take(&block);
            interleave(&mut block, interleaved);
            peak = interleaved.iter().fold(peak, |peak, sample| peak.max(sample.abs()));
            Ok(is_more)
        });
        watch.end();
        let notes = [self.notes.clone(), written?].concat();
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

/// What is left out at the ends of a recording, if anything.
pub(crate) fn fades(source: &Source) -> Option<String> {
    let seconds = |samples: usize| samples as f64 / f64::from(source.rate_hz());
    let (start_s, end_s) = (seconds(source.steady().start), seconds(source.len() - source.steady().end));
    (start_s + end_s > 0.0).then(|| {
        format!("it is quiet or fades for {start_s:.1} s at its beginning and {end_s:.1} s at its end: nothing is taken from there")
    })
}

/// What is asked for, in samples.
pub(crate) fn wish(source: &Source, args: &Continued) -> Wish {
    let samples = (args.seconds * f64::from(source.rate_hz())).round() as usize;
    Wish { samples, seed: args.seed, looped: args.looped }
}

fn judgement_json(judgement: &Judgement) -> Value {
    json!({
        "drift_db": judgement.drift_db, "tonality": judgement.tonality, "pitch_change_bits": judgement.pitch_change_bits,
        "peak_energy": judgement.peak_energy, "beat": judgement.beat, "warning": judgement.warning(),
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
