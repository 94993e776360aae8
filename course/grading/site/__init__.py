"""What `course site` builds: a static site on which a class works in the browser, with nothing installed."""
