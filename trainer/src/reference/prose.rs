//! What `models/REFERENCE.md` says around its tables.

/// What the report states of it.
pub const PUBLISHED: &str = "The report states a mean loss of 45.4 (2.2 %) for its whole model and 16.4 for its outer auto-encoder, after \
weeks of training on 1017 samples near middle C, most of them vocal, synthesizer and guitar sounds, measured on spectrograms \
before Griffin-Lim. This corpus has other sounds, spread over all keys and with two strokes, many of them short, and the budget \
is stated above: sounds that are mostly silence have a small loss whatever the model, so the two are no race. Of its addendum the report \
states an error below 0.6 % with an overfit below 15 % for the raw-audio auto-encoder, 12.5 % at best for the VAE on its codes, and \
2.5 % with an overfit of 30 for the deep auto-encoder. In minutes instead of days the outer auto-encoder is far from there, and \
what is built on its codes can be no better than they are. The rows \"network\" are errors of the networks alone, of spectrograms or, for \
the models of raw audio, of samples; the others are measured on what is heard.";

/// How packs and models of the report differ in how they are measured.
pub const MEASURING: &str = "A sound's latents are what each program would take: for a model of the report what its encoder says, for a pack of ours \
the encoder's point after four rounds of the engine's fit to the sound's frames, as an import does. Sounds of both splits are the same for all rows \
of one limit. ViSQOL is a second opinion that does not order every known damage (the ladder of `trainer eval`); nothing is claimed \
by it.\n\n";

/// Limits of the ratios.
pub const BUDGETS: &str = "Ratios of the figures above; below 1 is better. The budgets are not equal: each model had the minutes that its column \
tells, and a pack has those of every training that its weights went through. Losses of samples are at equal peaks.\n\n";

/// What the table of knobs and random points says.
pub const PROBES: &str = "A jump is the mean change of log-mel levels per percent of a knob's range, which is ±3 deviations of the latent \
over sounds of the corpus; of more than seven latents the seven that vary most are turned. Random vectors are drawn as each model says: \
from the normal distribution, which is a pack's sounds', or evenly from the codes or values that it knows. A random sound is called \
memorised where it is nearer to a training sound than 5 % of the training sounds are to one that shares no recording with them. A diversity of 1 is that of \
the training sounds; what noise or silence the random sounds are is not told by it. Nor is a small jump a merit by itself: a latent \
that changes nothing does not jump either, and has a small median jump.\n\n";
