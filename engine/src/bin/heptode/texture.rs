//! `heptode texture`: a new texture from a recording. Main thread.

use engine::texture::{DOCUMENT_MAX_S, DocumentOptions, Reference, Tap, TextureError, document};
use serde_json::json;

use crate::args::{Method, TextureArgs};
use crate::continued::{Given, wish};
use crate::failure::Failure;
use crate::watch::Watch;

/// How much of a recording is read, in seconds.
const LOOK_S: f64 = 120.0;

pub(crate) fn run(args: &TextureArgs) -> Result<(), Failure> {
    if args.method == Method::Document {
        check_document(args)?;
    }
    let mut given = Given::read(&args.continued, LOOK_S)?;
    if !given.is_whole {
        given.notes.push(format!("a long recording: its first {:.0} s are used", given.source.seconds()));
    }
    if args.method == Method::Document {
        return by_document(args, &given);
    }
    given.weave(&args.continued, false)
}

fn check_document(args: &TextureArgs) -> Result<(), Failure> {
    if args.continued.looped {
        return Err(Failure::usage("--loop: the method document makes no loops"));
    }
    if args.continued.seconds > DOCUMENT_MAX_S {
        return Err(Failure::usage(format!(
            "--seconds {}: the method document makes at most {DOCUMENT_MAX_S} s",
            args.continued.seconds
        )));
    }
    Ok(())
}

fn by_document(args: &TextureArgs, given: &Given) -> Result<(), Failure> {
    let wish = wish(&given.source, &args.continued);
    let options = DocumentOptions { filters: args.filters, steps: args.steps };
    let mut watch = Watch::new(args.steps as u64, "searching, in steps");
    let mut stopped = None;
    let made =
        document(&given.source, wish.samples, wish.seed, &options, &mut |steps| match watch.look(steps as u64) {
            Ok(()) => true,
            Err(failure) => {
                stopped = Some(failure);
                false
            }
        });
    watch.end();
    let made = made.map_err(|error| match (error, stopped) {
        (TextureError::Cancelled, Some(failure)) => failure,
        (TextureError::Channels(count), _) => {
            Failure::failed(format!("the recording has {count} channels; the method document takes one or two"))
        }
        (error, _) => Failure::failed(error),
    })?;
    let reference = Reference::of(&given.source);
    let mut tap = Tap::new(&reference, &wish, 0);
    tap.take(&made.channels);
    let samples: Vec<f32> =
        (0..wish.samples).flat_map(|frame| made.channels.iter().map(move |one| one[frame])).collect();
    let peak = samples.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    let clipped = args.continued.out.write(&samples, made.channels.len() as u16, given.source.rate_hz())?;
    let notes = [given.notes.clone(), clipped].concat();
    let method = json!({
        "name": "document", "filters": args.filters, "steps": made.steps, "first_loss": made.losses[0], "last_loss": made.losses[1],
    });
    given.tell(&args.continued, "texture", &tap, None, (peak, notes), method)
}
