//! `heptode extend`: a recording goes on. Main thread.

use engine::texture::Weaver;

use crate::args::ExtendArgs;
use crate::continued::{Given, wish};
use crate::failure::Failure;
use crate::output::path_text;

pub(crate) fn run(args: &ExtendArgs) -> Result<(), Failure> {
    let mut given = Given::read(&args.continued, f64::from(u32::MAX))?;
    if !given.is_whole {
        return Err(Failure::failed(format!(
            "cannot extend {}: it is longer than the {:.0} minutes that are held in memory; cut out the part that shall go on",
            path_text(&args.continued.file),
            given.source.seconds() / 60.0
        )));
    }
    let weaver = Weaver::extend(&given.source, &wish(&given.source, &args.continued))
        .map_err(|error| Failure::failed(format!("cannot extend {}: {error}", path_text(&args.continued.file))))?;
    given.notes.extend(swells(weaver.swells_s()));
    given.weave(&args.continued, "extend", weaver)
}

/// What is done where the recording fades, if anything.
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
