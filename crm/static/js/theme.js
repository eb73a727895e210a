// Runs before the first paint: says that scripts work, and puts the theme chosen on this device on <html>.
document.documentElement.dataset.js = "";
try {
  const theme = localStorage.getItem("kp-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is closed to us (private mode): the system's theme stays.
}
