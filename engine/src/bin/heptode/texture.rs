//! `heptode texture`: a new texture from a recording. Main thread.

use engine::texture::Weaver;

use crate::args::TextureArgs;
use crate::continued::Given;
use crate::failure::Failure;

/// How much of a recording is read, in seconds.
const LOOK_S: f64 = 120.0;

pub(crate) fn run(args: &TextureArgs) -> Result<(), Failure> {
    let mut given = Given::read(&args.continued, LOOK_S)?;
    if !given.is_whole {
        given.notes.push(format!("a long recording: its first {:.0} s are used", given.source.seconds()));
    }
    let source = given.source.clone();
    let weaver = Weaver::texture(&source, &given.wish(&args.continued))?;
    given.write(&args.continued, "texture", weaver)
}
