// Tabs that do not fit a small screen, and places that do not fit a low sidebar: the one that is open is in sight.

for (const open of document.querySelectorAll(".tabs [aria-current], .sidebar [aria-current]"))
  open.scrollIntoView({ block: "nearest", inline: "nearest" });
