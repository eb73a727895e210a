// Tabs that do not fit a small screen: the one that stands open is in sight.

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
