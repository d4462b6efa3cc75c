mod mail;
mod meta;
mod sns;
mod twilio;

use super::news::{News, Report};

/// The only piece of news, which is a report.
fn report(news: Vec<News>) -> Report {
    match news.as_slice() {
        [News::Report(report)] => report.clone(),
        other => panic!("{other:?}"),
    }
}
