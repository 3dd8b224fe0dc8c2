//! `heptode extend`: a recording goes on. Main thread.

use crate::args::ExtendArgs;
use crate::continued::Given;
use crate::failure::Failure;
use crate::output::path_text;

pub(crate) fn run(args: &ExtendArgs) -> Result<(), Failure> {
    let given = Given::read(&args.continued, f64::from(u32::MAX))?;
    if !given.is_whole {
        return Err(Failure::failed(format!(
            "cannot extend {}: it is longer than the {:.0} minutes that are held in memory; cut out the part that shall go on",
            path_text(&args.continued.file),
            given.source.seconds() / 60.0
        )));
    }
    given.weave(&args.continued, true)
}
