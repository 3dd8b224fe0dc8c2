//! The system's fonts, for characters that the window's own fonts lack: the provider that egui asks, and the search.
//!
//! Finding the fonts of a system can take hundreds of milliseconds, so it is done once per process, only after a name needed it,
//! and on a job thread. All windows of the process share the result; the font files are mapped, not copied. The main thread only
//! asks what was found, and gets no font until then.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use egui::{FallbackRequest, FontFamily, FontInsert, FontProvider};
use egui_system_font_provider::SystemFontProvider;

static FOUND: OnceLock<SystemFontProvider> = OnceLock::new();
/// Whether a character was asked for that the window's own fonts lack.
static IS_NEEDED: AtomicBool = AtomicBool::new(false);

/// What egui asks for a font when a character is in none of its own. Main thread.
pub struct SystemFonts;

impl FontProvider for SystemFonts {
    fn font_for(&self, request: &FallbackRequest<'_>) -> Option<FontInsert> {
        let found = FOUND.get();
        if found.is_none() {
            IS_NEEDED.store(true, Ordering::Relaxed);
        }
        found?.font_for(request)
    }
}

/// Finds the fonts unless that was done in this process; returns when they are found. Job thread.
pub fn find() {
    FOUND.get_or_init(|| {
        let fonts = SystemFontProvider::new();
        // The provider searches on a thread of its own. An answer to any question means that the thread is done.
        let any = FallbackRequest { cluster: "\u{5d0}", family: &FontFamily::Proportional };
        let _answer = fonts.font_for(&any);
        fonts
    });
}

/// What a window should do about the system's fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Run [`find`] on a job thread.
    Find,
    /// Ask again for the characters that were missing: egui asks once for each.
    AskAgain,
}

/// How far one window is with the system's fonts. Main thread.
#[derive(Default)]
pub struct FontSearch {
    has_asked: bool,
    has_fonts: bool,
}

impl FontSearch {
    /// For a window that opens now.
    pub fn new() -> Self {
        Self { has_asked: false, has_fonts: FOUND.get().is_some() }
    }

    /// The next step, if there is one; to be asked in every frame.
    pub fn step(&mut self) -> Option<Step> {
        if self.has_fonts || !IS_NEEDED.load(Ordering::Relaxed) {
            return None;
        }
        self.has_fonts = FOUND.get().is_some();
        if self.has_fonts {
            return Some(Step::AskAgain);
        }
        (!std::mem::replace(&mut self.has_asked, true)).then_some(Step::Find)
    }
}
